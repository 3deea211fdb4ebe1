#!/usr/bin/env python3
"""Runs a command on a terminal of its own, types what a script says, and prints what must have appeared.

    console.py SECONDS STEPS COMMAND...

STEPS is a JSON list: ["see", text] waits until the text appears, ["type", text] types, ["size", columns, rows] resizes,
["modes"] prints ICANON and ECHO as the terminal has them now. Prints a line for each step; ends with 1 when a text does not appear.
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time


def main(seconds, steps, command):
    child, master = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    end = time.monotonic() + float(seconds)
    seen = b""

    def read(timeout):
        nonlocal seen
        ready, _, _ = select.select([master], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(master, 65536)
        except OSError:
            return False
        seen += data
        return bool(data)

    status = 0
    for step in json.loads(steps):
        kind, *rest = step
        if kind == "see":
            wanted = rest[0].encode()
            while wanted not in seen and time.monotonic() < end:
                if not read(0.2) and wanted not in seen:
                    break
            if wanted not in seen:
                print(f"not seen: {rest[0]!r}; instead: {seen.decode(errors='replace')!r}")
                status = 1
                break
            print(f"seen {rest[0]}")
            seen = seen[seen.index(wanted) + len(wanted):]
        elif kind == "type":
            os.write(master, rest[0].encode())
        elif kind == "size":
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rest[1], rest[0], 0, 0))
        elif kind == "modes":
            flags = termios.tcgetattr(master)[3]
            print("icanon" if flags & termios.ICANON else "-icanon", "echo" if flags & termios.ECHO else "-echo")
    os.close(master)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        done, _ = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
