#!/bin/bash
# From a new Debian or Ubuntu machine with a Swift toolchain to a running sync.
#
#   ./setup.sh          install what is missing, build, and start the demonstration
#   ./setup.sh build    install what is missing and build in release mode
#   ./setup.sh demo     start the demonstration (SYNCD_DEMO says where it lives)
#   ./setup.sh test     install what the tests need and run all of them (what is of PyPI goes into
#                       .build/python, in the versions of Tests/EndToEnd/requirements.txt)
#   ./setup.sh bench    build in release mode and run the benchmarks
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly SWIFT_MAJOR=6 SWIFT_MINOR=1
# What building needs: a C and C++ library for the toolchain, and the libraries of Package.swift.
readonly BUILD_PACKAGES=(
    binutils g++ libc6-dev git pkg-config zlib1g-dev
    libgit2-dev libcurl4-openssl-dev libdeflate-dev libsqlite3-dev libzstd-dev
)
# What the tests run beside that.
readonly TEST_PACKAGES=(
    python3 python3-venv mount util-linux e2fsprogs strace nginx fcgiwrap openssl gnupg
    openssh-client openssh-server
    iproute2 systemd caddy haproxy prometheus python3-yaml jq curl mandoc zsh fish zstd
)
readonly IMPORT_CHECK=(--explicit-target-dependency-import-check error)

say() { printf '\n== %s\n' "$*"; }

die() {
    printf 'setup.sh: %s\n' "$*" >&2
    exit 1
}

check_swift() {
    local page=https://www.swift.org/install/linux/ version major minor
    if ! command -v swift >/dev/null; then
        die "Swift is not installed, or not in PATH. Version $SWIFT_MAJOR.$SWIFT_MINOR or later is
needed. Get it from $page, for example with its installer:
    curl -O https://download.swift.org/swiftly/linux/swiftly-\$(uname -m).tar.gz
    tar zxf swiftly-\$(uname -m).tar.gz && ./swiftly init"
    fi
    if ! version=$(swift --version 2>&1); then
        die "swift is in PATH but does not run. It says:
$version
Its own requirements are listed at $page"
    fi
    version=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<<"$version" | head -n 1)
    major=${version%%.*} minor=${version#*.}
    [ -n "$version" ] || die "cannot tell the version of $(command -v swift); see $page"
    if ((major < SWIFT_MAJOR || (major == SWIFT_MAJOR && minor < SWIFT_MINOR))); then
        die "Swift $version is too old: $SWIFT_MAJOR.$SWIFT_MINOR or later is needed.
With swiftly:  swiftly install latest
Otherwise see  $page"
    fi
}

# Installs those of the named packages that are not there.
install_missing() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        pkg-config --exists libgit2 libdeflate libcurl sqlite3 libzstd 2>/dev/null && return
        die "this machine has no apt. Install what these Debian packages hold, then try again:
    $*"
    fi
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing, and there is no sudo:
    as root: apt-get update && apt-get install -y ${missing[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q ||
        die "apt-get update failed: is there a network, and may this user become root?"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}" ||
        die "apt-get could not install: ${missing[*]}"
}

# Makes the tests' own environment of Python packages, once for each list of them.
install_python() {
    local list=Tests/EndToEnd/requirements.txt home=.build/python
    if cmp -s "$list" "$home/installed"; then return; fi
    say "Installing into $home:$(sed '/^#/d; s/^/ /' "$list" | tr -d '\n')"
    mkdir -p .build
    python3 -m venv --clear "$home" || die "python3 cannot make a virtual environment in $home"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --requirement "$list" || die "pip could not install what is in $list: is there a network?"
    cp "$list" "$home/installed"
}

build() {
    check_swift
    install_missing "${BUILD_PACKAGES[@]}"
    say "Building (the first time takes a few minutes)"
    # With Swift's run-time in the programs they start in less time: the dynamic linker has a dozen
    # libraries less to load. Some toolchains come without it in this form.
    local runtime static=()
    runtime=$(swift -print-target-info -static-stdlib |
        sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    if [ -d "$runtime/linux" ]; then static=(--static-swift-stdlib); fi
    swift build -c release "${static[@]}" "${IMPORT_CHECK[@]}"
}

# Runs a program of the build as one device of the demonstration, in this shell's place: call it
# in a subshell or in the background, so that its process id is the program's.
as_device() {
    local home=$demo/$1 program=$2
    shift 2
    exec env XDG_CONFIG_HOME="$home/config" XDG_DATA_HOME="$home/data" \
        XDG_STATE_HOME="$home/state" XDG_RUNTIME_DIR="$home/run" "$bin/$program" "$@"
}

# Makes a device once: a folder, a configuration, and a repository with the common remote.
make_device() {
    local home=$demo/$1
    [ ! -e "$home/config.toml" ] || return 0
    mkdir -p "$home/notes" "$home/run"
    chmod 700 "$home/run"
    [ "$1" != linden ] || cp -R shared/. "$home/notes/"
    (as_device "$1" syncctl --config "$home/config.toml" init --remote "$demo/remote.git" \
        --folder "$home/notes=shared" --device "$1")
    # Two daemons cannot listen at one port: only linden has a dashboard.
    [ "$1" = linden ] || sed -i 's/^# listen = .*/listen = ""/' "$home/config.toml"
}

demo() {
    demo=${SYNCD_DEMO:-$HOME/.local/share/syncd-demo}
    bin=$PWD/.build/release
    [ -x "$bin/syncd" ] || die "there is no build yet: ./setup.sh build"
    say "The demonstration's vault: $demo"
    mkdir -p "$demo"
    [ -d "$demo/remote.git" ] || git init --quiet --bare --initial-branch=sync "$demo/remote.git"
    make_device linden
    make_device maple
    cat <<WORDS
Two devices on this machine, "linden" and "maple", keep one directory the same through
$demo/remote.git, an ordinary bare git repository.

Try, in another terminal:
    echo "- [ ] Buy string" >> $demo/linden/notes/documents/ingested/garden-journal.md
    tail -n 3 $demo/maple/notes/documents/ingested/garden-journal.md
    git -C $demo/remote.git log --stat -3 sync
    XDG_RUNTIME_DIR=$demo/linden/run XDG_STATE_HOME=$demo/linden/state \\
        XDG_DATA_HOME=$demo/linden/data $bin/syncctl --config $demo/linden/config.toml status

What follows is linden's own account; maple's goes to $demo/maple/output.
Control-C ends both. To begin anew: rm -r $demo
WORDS
    say "syncd run"
    run_both
}

# Runs both daemons until the first one ends or somebody ends this script.
run_both() {
    local code=0
    as_device maple syncd run --config "$demo/maple/config.toml" >"$demo/maple/output" 2>&1 &
    local second=$!
    as_device linden syncd run --config "$demo/linden/config.toml" &
    local first=$!
    # shellcheck disable=SC2064  # the ids of now are meant
    trap "kill -TERM $first $second 2>/dev/null || true; wait" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    wait "$first" || code=$?
    exit "$code"
}

# Runs one group of tests under a headline and stops everything when it fails.
group() {
    local name=$1 code=0
    shift
    say "$name"
    "$@" || code=$?
    [ "$code" -eq 0 ] || die "failed: $name (exit $code)"
}

# Runs the unit tests one after the other, since many of them measure time, those of the engine
# beside all others; says at the end which were left out, and why.
unit_tests() {
    # What takes half of the time, by what testing calls it.
    local first='^(SyncEngineTests|SyncMergeTests\.LawTests)' bundle output code=0
    bundle=$(swift build --show-bin-path)/syncdPackageTests.xctest
    output=$(mktemp -d)
    # A number that no run before had: each finds histories that nobody has seen.
    local -x SYNC_MOVING_SEED
    SYNC_MOVING_SEED=$(date +%s)0000
    # Two swift test at a time take each other's lock: this is what it would run.
    NO_COLOR=1 "$bundle" --testing-library swift-testing --no-parallel \
        --filter "$first" >"$output/first" 2>&1 &
    swift test --skip-build --no-parallel --skip "$first" 2>&1 |
        tee "$output/others" || code=$?
    wait $! || code=$?
    cat "$output/first"
    printf '%s unit tests were left out on this machine\n' \
        "$(cat "$output"/* | grep -c ' skipped' || true)"
    grep -h ' skipped' "$output"/* || true
    rm -r "$output"
    return "$code"
}

run_tests() {
    check_swift
    install_missing "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
    install_python
    group "Build with tests; imports are declared" swift build --build-tests "${IMPORT_CHECK[@]}"
    group "Format" swift format lint --strict -r Sources Tests Benchmarks Fuzz/Sources Package.swift
    group "Faults that the simulation has to find have their places" Tests/Faults/run --check
    group "Unit tests" unit_tests
    group "A short run of the fuzzers" Fuzz/run 100000
    group "End-to-end tests" env "SYNCD_BIN=$PWD/.build/debug" Tests/EndToEnd/run
    local kind
    for kind in https ssh; do
        group "End-to-end tests behind $kind" env "SYNC_REMOTE=$kind" \
            "SYNCD_BIN=$PWD/.build/debug" Tests/EndToEnd/run test_basics test_concurrent
    done
}

bench() {
    build
    [ -x Benchmarks/run ] || die "there is no Benchmarks/run"
    say "Benchmarks"
    exec Benchmarks/run "$@"
}

case "${1:-}" in
    "")
        build
        demo
        ;;
    build) build ;;
    demo) demo ;;
    test) run_tests ;;
    bench)
        shift
        bench "$@"
        ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
        exit 64
        ;;
esac
