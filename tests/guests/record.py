#!/usr/bin/env python3
"""Records what the guests really print: runs each case in a chroot on this machine and writes the outputs into the case files.

    record.py [--check] [--count] [own | busybox | debian] [NAME...]

own is cases.json, busybox and debian are busybox/cases.json and debian/cases.json; default all, and every case in them. --check writes nothing, prints
what differs and ends with 1 if anything does. --count also counts the instructions of the cases marked "v5" (with
valgrind's lackey). GUEST_BIN names another folder than bin/ to take our guests from.

Needs root (chroot, mknod, mount), python3, and a machine that runs i386 programs, or qemu-i386-static.
The form of a case is in README.md.
"""
import base64
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = {"own": "cases.json", "busybox": "busybox/cases.json", "debian": "debian/cases.json"}
INLINE = 4096  # bytes of output that a case file holds as text; more is kept as length and SHA-256
LACKEY = "/usr/libexec/valgrind/lackey-x86-linux"


def make_root(root, files):
    artifacts = os.path.join(HERE, "..", "..", "artifacts", "guests")
    busybox = "none" if files == ["own"] else artifacts + "/busybox"
    subprocess.run([HERE + "/make-root.sh", root, busybox] + ([artifacts + "/debian"] if "debian" in files else []), check=True)
    guests = os.environ.get("GUEST_BIN")
    if guests:
        for name in os.listdir(guests):
            shutil.copy(os.path.join(guests, name), root + "/guests/")
    for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
        os.mknod(root + "/dev/" + name, 0o20666, os.makedev(1, minor))
        os.chmod(root + "/dev/" + name, 0o666)
    for name, minor in (("tty", 0), ("ptmx", 2)):
        os.mknod(root + "/dev/" + name, 0o20666, os.makedev(5, minor))
        os.chmod(root + "/dev/" + name, 0o666)
    os.mkdir(root + "/dev/pts")
    subprocess.run(["mount", "-t", "proc", "proc", root + "/proc"], check=True)
    subprocess.run(["mount", "-t", "devpts", "-o", "newinstance,gid=5,mode=620,ptmxmode=666", "devpts", root + "/dev/pts"], check=True)


def run(root, case, environment, prefix):
    """(stdout, stderr, exit status) of one case in a root whose /tmp is empty."""
    shutil.rmtree(root + "/tmp")
    os.mkdir(root + "/tmp")
    os.chmod(root + "/tmp", 0o1777)
    command = [case["program"]] + case.get("arguments", [])

    def enter():
        os.chroot(root)
        os.chdir("/")
        os.umask(0o022)
        for number in (signal.SIGINT, signal.SIGQUIT):  # ignored in what a shell starts in the background
            signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    # Streams are regular, appending files, as they are to a guest of the emulated machine.
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile("a+b") as out, tempfile.TemporaryFile("a+b") as err:
        source.write(case.get("stdin", "").encode())
        source.seek(0)
        done = subprocess.run(prefix + command if prefix else command, stdin=source, stdout=out, stderr=err,
                              env=environment | case.get("environment", {}), preexec_fn=enter, timeout=60, check=False)
        out.seek(0)
        err.seek(0)
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return out.read(), err.read(), status


def stored(name, data):
    """How a case keeps a stream: text, or base64 when it is not UTF-8, or length and SHA-256 when it is long."""
    if len(data) > INLINE:
        return {name + "Length": len(data), name + "Sha256": hashlib.sha256(data).hexdigest()}
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {name + "Base64": base64.b64encode(data).decode()}


def count(root, case, environment):
    os.makedirs(root + "/valgrind", exist_ok=True)
    shutil.copy(LACKEY, root + "/valgrind/")
    environment = environment | {"VALGRIND_LAUNCHER": "/valgrind/lackey-x86-linux", "VALGRIND_LIB": "/valgrind"}
    prefix = ["/valgrind/lackey-x86-linux", "--tool=lackey", "--log-file=/tmp/count"]
    run(root, case, environment, prefix)
    with open(root + "/tmp/count", encoding="utf-8") as log:
        return int(re.search(r"guest instrs:\s+([\d,]+)", log.read()).group(1).replace(",", ""))


def record(case, root, environment, prefix, counting):
    out, err, status = run(root, case, environment, prefix)
    kept = {k: v for k, v in case.items() if not re.match(r"stdout|stderr|exit$", k)}
    kept |= stored("stdout", out) | (stored("stderr", err) if err else {}) | {"exit": status}
    if counting and case.get("v5"):
        kept["instructions"] = count(root, case, environment)
    return kept


def main(arguments):
    check, counting = "--check" in arguments, "--count" in arguments
    names = [a for a in arguments if not a.startswith("-") and a not in FILES]
    files = [a for a in arguments if a in FILES] or list(FILES)
    if os.geteuid() != 0:
        sys.exit("record.py needs root: it uses chroot, mknod and mount")
    native = subprocess.run([HERE + "/bin/hello"], stdout=subprocess.DEVNULL, check=False).returncode == 0
    differing = 0
    root = tempfile.mkdtemp(prefix="guests-")
    os.chmod(root, 0o755)
    make_root(root, files)
    try:
        prefix = []
        if not native:
            shutil.copy(shutil.which("qemu-i386-static") or sys.exit("this machine runs no i386 programs: install qemu-user-static"),
                        root + "/qemu")
            prefix = ["/qemu"]
        for name in files:
            path = os.path.join(HERE, FILES[name])
            with open(path, encoding="utf-8") as file:
                book = json.load(file)
            for i, case in enumerate(book["cases"]):
                if names and case["name"] not in names:
                    continue
                now = record(case, root, book["environment"], prefix, counting)
                if now != case:
                    differing += 1
                    print(f"{name} {case['name']}:" + (" differs" if check else " recorded"))
                    for key in sorted(now.keys() | case.keys()) if check else ():
                        if now.get(key) != case.get(key):
                            print(f"  {key}: {case.get(key)!r}\n  now {now.get(key)!r}")
                book["cases"][i] = now
            if not check:
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(book, file, indent=2, ensure_ascii=False)
                    file.write("\n")
    finally:
        subprocess.run(["umount", root + "/proc", root + "/dev/pts"], check=False)
        shutil.rmtree(root)
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
