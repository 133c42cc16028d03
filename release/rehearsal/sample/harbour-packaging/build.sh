#!/bin/sh
# Packs /usr/lib/harbour into python-harbour_VERSION-DISTRO_amd64.deb.
set -eu
version=$1
. /etc/os-release
fpm --input-type dir --output-type deb --name python-harbour --version "$version-$VERSION_CODENAME" \
    --package "/python-harbour_${version%.*}-${VERSION_CODENAME}_amd64.deb" /usr/lib/harbour
