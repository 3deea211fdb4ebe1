#!/usr/bin/env python3
"""Records what Debian's programs give natively: runs each case of cases.json in a chroot and writes output and status into the file.

    record.py [--check] ROOT [NAME...]
    record.py --python ROOT [FILE...]

ROOT is the root of the tests, the tar file that they make from the packages (artifacts/guests/debian-root.tar), or a directory into which that
was unpacked. It is not changed: each case runs in an overlay of its own, with /proc, /dev, /dev/pts, and with no network but loopback, as in a
machine. --check writes nothing and prints what differs. --python runs CPython's own tests (python/FILE.txt) instead and writes the names of
those that pass each of three times.

Needs root (chroot, mount), python3, and a machine that runs i386 programs.
"""
import ctypes
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "guests"))
from record import stored  # pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
BOOK = os.path.join(HERE, "cases.json")
LIBC = ctypes.CDLL(None, use_errno=True)
NEW_IPC, NEW_UTS, NEW_NET, LINUX32, SET_FLAGS, UP = 0x08000000, 0x04000000, 0x40000000, 8, 0x8914, 1
TIMES = 3


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def isolate():
    """Leaves the caller what a machine gives its programs: loopback alone, its own names and IPC objects, and an i686."""
    if LIBC.unshare(NEW_IPC | NEW_UTS | NEW_NET) != 0 or LIBC.sethostname(b"cr", 2) != 0 or LIBC.personality(LINUX32) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        fcntl.ioctl(anything, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def run(lower, case, environment, keep=None):
    """(stdout, stderr, status), and the bytes of the file KEEP if there is one then."""
    work = tempfile.mkdtemp(prefix="compat-")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", work)
    for name in ("upper", "work", "root"):
        os.mkdir(f"{work}/{name}")
    root = work + "/root"
    mounted = [work]
    try:
        mount("-t", "overlay", "overlay", "-o", f"lowerdir={lower},upperdir={work}/upper,workdir={work}/work", root)
        mounted.append(root)
        for kind, path, options in (("proc", "/proc", "rw"), ("tmpfs", "/tmp", "mode=1777"), ("tmpfs", "/dev", "mode=755"), ("tmpfs", "/run", "mode=755")):
            mount("-t", kind, "-o", options, kind, root + path)
            mounted.append(root + path)
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            os.mknod(f"{root}/dev/{name}", 0o20666, os.makedev(1, minor))
            os.chmod(f"{root}/dev/{name}", 0o666)
        os.mknod(f"{root}/dev/tty", 0o20666, os.makedev(5, 0))
        os.chmod(f"{root}/dev/tty", 0o666)
        for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx")):
            os.symlink(target, f"{root}/dev/{name}")
        for name, kind, options in (("pts", "devpts", "newinstance,ptmxmode=666,mode=620"), ("shm", "tmpfs", "mode=1777")):
            os.mkdir(f"{root}/dev/{name}")
            mount("-t", kind, "-o", options, kind, f"{root}/dev/{name}")
            mounted.append(f"{root}/dev/{name}")

        def enter():
            os.setsid()
            os.setpriority(os.PRIO_PROCESS, 0, 0)
            isolate()
            os.chroot(root)
            os.chdir("/")
            os.umask(0o022)
            for number in (signal.SIGINT, signal.SIGQUIT):  # ignored in what a shell starts in the background
                signal.signal(number, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 4096))

        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile("a+b") as out, tempfile.TemporaryFile("a+b") as err:
            source.write(case.get("stdin", "").encode())
            source.seek(0)
            done = subprocess.run([case["program"], *case.get("arguments", [])], stdin=source, stdout=out, stderr=err,
                                  env=environment | case.get("environment", {}), preexec_fn=enter, timeout=900, check=False)
            out.seek(0)
            err.seek(0)
            kept = None
            if keep and os.path.exists(root + keep):
                with open(root + keep, "rb") as file:
                    kept = file.read()
            return out.read(), err.read(), done.returncode if done.returncode >= 0 else 128 - done.returncode, kept
    finally:
        for path in reversed(mounted):
            subprocess.run(["umount", "-l", path], check=False)
        shutil.rmtree(work, ignore_errors=True)


def passing(report):
    """The tests that passed, of a report that regrtest writes (--junit-xml)."""
    cases = xml.etree.ElementTree.fromstring(report).iter("testcase")
    return {case.get("name") for case in cases if case.get("result") == "completed" and not any(child.tag in ("skipped", "failure", "error") for child in case)}


def record_python(root, book, files):
    plan = book["python"]
    for file in files or sorted(plan["files"]):
        case = {"program": plan["program"], "arguments": [a.replace("FILE", file) for a in plan["arguments"]]}
        always = None
        for _ in range(TIMES):
            out, _, _, report = run(root, case, plan["environment"], plan["report"])
            if report is None:
                print(out.decode(errors="replace")[-2000:])
                sys.exit(f"{file} ended without a report")
            now = passing(report)
            always = now if always is None else always & now
        with open(f"{HERE}/python/{file}.txt", "w", encoding="utf-8") as text:
            text.writelines(name + "\n" for name in sorted(always))
        print(f"{file}: {len(always)} pass", flush=True)


def main(arguments):
    check = "--check" in arguments
    root, *names = [a for a in arguments if not a.startswith("-")] or sys.exit(__doc__)
    if os.geteuid() != 0:
        sys.exit("record.py needs root: it uses chroot and mount")
    root = os.path.abspath(root)
    if os.path.isdir(root):
        return record(root, names, check, "--python" in arguments)
    with tempfile.TemporaryDirectory(prefix="compat-root-") as unpacked:
        os.chmod(unpacked, 0o755)
        subprocess.run(["tar", "-xpf", root, "-C", unpacked, "--numeric-owner"], check=True)
        return record(unpacked, names, check, "--python" in arguments)


def record(root, names, check, python):
    with open(BOOK, encoding="utf-8") as file:
        book = json.load(file)
    if python:
        record_python(root, book, names)
        return 0
    differing = 0
    for i, case in enumerate(book["cases"]):
        if names and case["name"] not in names and case["of"] not in names:
            continue
        out, err, status, _ = run(root, case, book["environment"])
        now = {k: v for k, v in case.items() if not re.match(r"stdout|stderr|exit$", k)}
        now |= stored("stdout", out) | (stored("stderr", err) if err else {}) | {"exit": status}
        if now != case:
            differing += 1
            print(case["name"] + (": differs" if check else ": recorded"))
            for key in sorted(now.keys() | case.keys()) if check else ():
                if now.get(key) != case.get(key):
                    print(f"  {key}: {case.get(key)!r}\n  now {now.get(key)!r}")
        book["cases"][i] = now
    if not check:
        with open(BOOK, "w", encoding="utf-8") as file:
            json.dump(book, file, indent=2, ensure_ascii=False)
            file.write("\n")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
