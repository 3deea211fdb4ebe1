#!/usr/bin/env python3
"""Records what Debian's programs give natively: runs each case of cases.json in a chroot of a root and writes output and status into the file.

    record.py [--check] ROOT [NAME...]

ROOT is a directory with the packages that the root of the tests has; it is not changed: each case runs in an overlay of its own, with /proc,
/dev and /dev/pts. --check writes nothing and prints what differs.

Needs root (chroot, mount), python3, and a machine that runs i386 programs.
"""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "guests"))
from record import stored  # pylint: disable=wrong-import-position

BOOK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.json")


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def run(lower, case, environment):
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
                                  env=environment | case.get("environment", {}), preexec_fn=enter, timeout=300, check=False)
            out.seek(0)
            err.seek(0)
            return out.read(), err.read(), done.returncode if done.returncode >= 0 else 128 - done.returncode
    finally:
        for path in reversed(mounted):
            subprocess.run(["umount", "-l", path], check=False)
        shutil.rmtree(work, ignore_errors=True)


def main(arguments):
    check = "--check" in arguments
    root, *names = [a for a in arguments if not a.startswith("-")] or sys.exit(__doc__)
    if os.geteuid() != 0:
        sys.exit("record.py needs root: it uses chroot and mount")
    with open(BOOK, encoding="utf-8") as file:
        book = json.load(file)
    differing = 0
    for i, case in enumerate(book["cases"]):
        if names and case["name"] not in names and case["of"] not in names:
            continue
        out, err, status = run(os.path.abspath(root), case, book["environment"])
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
