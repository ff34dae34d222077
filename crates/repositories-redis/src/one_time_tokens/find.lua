return {user, expiry}
