#!/bin/sh
# Sees to it that the programs are there which the browser tests need: a Chromium by installing it, as root on Debian and
# Ubuntu; everything else by saying what is missing. CHROMIUM may name a browser of yours.
set -eu

is_recent='process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'
if ! command -v npm > /dev/null || ! node -e "$is_recent"; then
	echo "The browser tests need Node.js 20 or newer, and npm: https://nodejs.org/en/download" >&2
	exit 1
fi

if [ -z "${CHROMIUM:-}" ] && ! command -v chromium > /dev/null && ! command -v google-chrome > /dev/null; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
		echo "The browser tests need a Chromium. On Debian and Ubuntu: apt-get install -y --no-install-recommends chromium" >&2
		echo "Or let them use a browser of yours: CHROMIUM=/path/to/chrome" >&2
		exit 1
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
fi

cd "$(dirname "$0")"
npm ci --silent --no-audit --no-fund
