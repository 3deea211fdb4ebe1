"""Takes an image out of its protection by docs/image-format.md alone, as far as Python's standard library goes: it has no AES and no RSA, so what is encrypted stays so,
and of a signature it compares the digests."""
import hashlib
import struct
import zlib

MAGIC = b'CrProtec'
CHUNK = 65536
KINDS = {1: 'passphrase', 2: 'rsa', 3: 'curve'}


class Broken(Exception):
    pass


def need(condition, rule):
    if not condition:
        raise Broken(rule)


def header(data):
    """Flags, kinds of the slots, bytes of the header."""
    need(len(data) >= 60, 'a protected image has a header')
    version, flags, length, chunk, count = struct.unpack_from('<HHIII', data, 8)
    need(version == 1, 'the version is 1')
    need(60 <= length <= 65536 and length <= len(data), 'a header is as long as it says')
    need(struct.unpack_from('<I', data, length - 4)[0] == zlib.crc32(data[:length - 4]), 'a header has its checksum')
    need(flags in (1, 2, 3), 'it is encrypted, signed or both')
    need(chunk == CHUNK, 'a chunk carries 65536 bytes')
    need(1 <= count <= 16 if flags & 1 else count == 0, 'an encrypted image has 1 to 16 slots')
    at, kinds = 56, []
    for _ in range(count):
        kind, size = struct.unpack_from('<HH', data, at)
        need(at + 4 + size <= length - 4, 'a slot lies in the header')
        need(kind != 1 or size == 80 and 1 <= struct.unpack_from('<I', data, at + 4)[0] <= 10_000_000, 'a slot has the form of its kind')
        kinds.append(KINDS.get(kind, str(kind)))
        at += 4 + size
    need(at == length - 4, 'a header ends behind its last slot')
    return flags, kinds, length


def unwrap(data):
    """What it carries (None when that is encrypted), and a line that says how it is protected."""
    flags, kinds, at = header(data)
    extra = 16 if flags & 1 else 0
    carried, digests, last = [], [], False
    while not last:
        need(at + 4 <= len(data), 'it ends with its last chunk')
        prefix, = struct.unpack_from('<I', data, at)
        size, last = prefix & 0x7fffffff, bool(prefix >> 31)
        need(size <= CHUNK and (size or not digests) if last else size == CHUNK, 'a chunk carries 65536 bytes, the last one 1 to 65536')
        need(at + 4 + size + extra <= len(data), 'it ends with its last chunk')
        stored = data[at:at + 4 + size + extra]
        carried.append(stored[4:4 + size])
        digests.append(hashlib.sha256(stored).digest())
        at += len(stored)
    line = f'protected {"+".join(name for bit, name in ((1, "encrypted"), (2, "signed")) if flags & bit)} {",".join(kinds) or "-"} {len(digests)} chunks {sum(map(len, carried))} bytes'
    if flags & 2:
        need(data[at:at + 8] == b'CrSigned', 'behind its last chunk a signed image has CrSigned')
        length, algorithm, count = struct.unpack_from('<IIQ', data, at + 8)
        need(at + length == len(data), 'a signature says how long it is')
        need(algorithm in (1, 2) and count == len(digests), 'a signature has a digest of each chunk')
        body = data[at + 24:at + length]
        need(body[:32 * count] == b''.join(digests), 'a chunk is the one that was signed')
        place = 32 * count
        size, = struct.unpack_from('<I', body, place)
        certificate = body[place + 4:place + 4 + size]
        place += 4 + size
        size, = struct.unpack_from('<I', body, place)
        need(place + 4 + size + 4 == len(body) and struct.unpack_from('<I', body, len(body) - 4)[0] == length, 'a signature says at both its ends how long it is')
        line += f' signer {hashlib.sha256(certificate).hexdigest()}'
        at += length
    need(at == len(data), 'nothing follows')
    return None if flags & 1 else b''.join(carried), line
