#!/bin/sh
# Sees to it that the programs are there which the tests start: as root on Debian and Ubuntu by installing them, elsewhere
# by saying what is missing. Nothing is started here. Arguments are programs besides that have the name of their package.
set -eu

# Not everybody looks for programs where Debian keeps some of them.
PATH="$PATH:/usr/sbin"
missing=
if [ -z "${TEST_DATABASE_URL:-}" ] && ! command -v initdb > /dev/null && ! ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1; then
	missing="$missing postgresql"
fi
if [ -z "${TEST_REDIS_URL:-}" ] && ! command -v redis-server > /dev/null; then
	missing="$missing redis-server"
fi
for program in curl "$@"; do
	command -v "$program" > /dev/null || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
	echo "The tests need what is not installed here:$missing." >&2
	echo "On Debian and Ubuntu: apt-get install -y --no-install-recommends$missing" >&2
	echo "A PostgreSQL and a Redis of yours will do, too: TEST_DATABASE_URL=postgres://... TEST_REDIS_URL=redis://..." >&2
	exit 1
fi

# Debian starts the services that it installs, unless this says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' > "$policy"
	chmod 755 "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
