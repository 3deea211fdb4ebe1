#!/usr/bin/env python3
"""Reads an Extended image by docs/image-format.md alone, and says what it holds, a line each.

  extended_reader.py IMAGE [PARENT ...]

An image in a protection first gets a line that says how it is protected; of one that is encrypted only the framing is checked.

Lines: the header; every object with its fields as JSON; every page by the SHA-256 of its contents. A broken image ends in a line that says why, and status 1.
Written from the page, not from the program: it needs Python's standard library, and the program zstd for images that use it.
"""
import hashlib
import json
import struct
import subprocess
import sys
import zlib

import protected_reader

HEAD, CONTENTS, NAMES, OBJECT, MORE, CHECK, PAGES, INDEX, ERROR, END, PARENT = 1, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010
OPTIONAL = 0x4000
PAGE, GROUP = 4096, 256


class Broken(Exception):
    pass


class Protected(Exception):
    pass


def need(condition, rule):
    if not condition:
        raise Broken(rule)


class Image:
    def __init__(self, path):
        with open(path, 'rb') as file:
            self.data = file.read()
        if self.data.startswith(protected_reader.MAGIC):
            self.data, line = protected_reader.unwrap(self.data)
            print(line)
            if self.data is None:
                raise Protected
        self.at = 0
        self.crc = 0
        self.unchecked = False
        self.hash = hashlib.sha256()
        self.names, self.objects, self.groups = [], {}, []
        self.read()

    def record(self):
        """The next record that is no CHECK and is known: type, parent, payload, offset."""
        while True:
            offset = self.at
            need(offset + 8 <= len(self.data), 'an image ends with END')
            kind, length, parent = struct.unpack_from('<hhI', self.data, offset)
            need(length >= 0, 'a payload has 0 to 32767 bytes')
            need(offset + 8 + length <= len(self.data), 'an image ends with END')
            raw = self.data[offset:offset + 8 + length]
            payload = raw[8:]
            self.at += len(raw)
            self.hash.update(raw[:24] if kind == END else raw)
            if kind == CHECK:
                need(payload == struct.pack('<I', self.crc), 'records have their checksum')
                self.crc, self.unchecked = 0, False
                continue
            if kind not in (PAGES, END):
                self.crc, self.unchecked = zlib.crc32(raw, self.crc), True
            else:
                need(not self.unchecked, 'records have a checksum')
            need(kind != ERROR, 'the writer has failed: ' + payload.decode('utf-8', 'replace'))
            if kind > 0 and kind & OPTIONAL:
                continue
            return kind, parent, payload, offset

    def expect(self, wanted):
        kind, parent, payload, _ = self.record()
        need(kind == wanted, f'a record of type {wanted} stands here, not {kind}')
        return parent, payload

    def read(self):
        _, head = self.expect(HEAD)
        need(len(head) == 224, 'HEAD has 224 bytes')
        magic, major, minor, patch, revision, self.time, flags = struct.unpack_from('<QHHHHQQ', head)
        need(magic == 0x00feed0cc0a2d200 and revision == 16 and flags & ~1 == 0, 'HEAD is of an Extended image')
        self.kernel = f'{major}.{minor}.{patch}'
        _, contents = self.expect(CONTENTS)
        need(len(contents) == 64, 'CONTENTS has 64 bytes')
        objects, names, pages = struct.unpack_from('<IIQ', contents)
        need(pages <= 1 << 24 and names <= 65535 and contents[16:32] == bytes(16), 'CONTENTS is in its limits')
        self.parent, self.chain, self.parent_pages, self.parent_path = contents[32:], 1, 0, None
        if self.parent != bytes(32):
            _, payload = self.expect(PARENT)
            need(8 <= len(payload) <= 8 + 4096, 'PARENT has 8 bytes and a path')
            below, self.parent_pages = struct.unpack_from('<II', payload)
            need(0 < below < 64 and self.parent_pages <= 1 << 24, 'PARENT is in its limits')
            need(0 not in payload[8:], 'the path of a parent has no NUL')
            self.parent_path, self.chain = payload[8:].decode('utf-8'), below + 1
        while len(self.names) < names:
            _, payload = self.expect(NAMES)
            at = 0
            while at < len(payload):
                size = payload[at]
                need(size > 0 and at + 1 + size <= len(payload), 'a name ends within its record')
                self.names.append(payload[at + 1:at + 1 + size].decode('ascii'))
                at += 1 + size
        need(len(self.names) == names, 'an image has as many names as it says')
        for _ in range(objects):
            self.object()
        self.pages_wanted = pages
        kind, parent, payload, offset = self.record()
        offsets = []
        while kind == PAGES:
            need(parent == GROUP * len(self.groups), 'groups follow each other')
            offsets.append(offset)
            self.group(payload, pages - parent)
            kind, parent, payload, offset = self.record()
        need(sum(len(kinds) for kinds, _, _ in self.groups) == pages, 'an image has as many pages as it says')
        index, listed = offset, []
        while kind == INDEX:
            need(parent == len(listed), 'INDEX lists all groups in order')
            listed += [struct.unpack_from('<Q', payload, i)[0] for i in range(0, len(payload), 8)]
            kind, parent, payload, offset = self.record()
        need(listed == offsets, 'INDEX says where the groups are')
        need(kind == END and len(payload) == 48, 'an image ends with END')
        need(struct.unpack_from('<QQ', payload) == (0x636552646e457243, index), 'END has its magic number and the place of the index')
        self.identity = payload[16:]
        need(self.identity == self.hash.digest(), 'the identity is that of the contents')
        for number, (kind, data) in self.objects.items():
            self.objects[number] = (self.names[kind], self.fields(data, 0, len(data), 0))
        for kind in 'checkpoint', 'edits', 'file-checks':
            need(sum(one == kind for one, _ in self.objects.values()) <= 1, f'an image has one object of kind {kind} at most')
        for number, (kind, fields) in self.objects.items():
            if kind == 'edits':
                self.edits(number, fields)

    def edits(self, number, fields):
        need(number == max(self.objects) and number == list(self.objects)[-1], 'the changes are the last object')
        need(list(fields) == ['edits'] and 1 <= len(fields['edits']) <= 4096, 'the changes are a list of 1 to 4096')
        for change in fields['edits']:
            need(list(change) == ['change', 'identity'], 'a change has its words and an identity')
            need(0 < len(change['change'].encode()) <= 1024, 'the words of a change have at most 1024 bytes')
            identity = change['identity']
            need(len(identity) in (0, 64) and all(letter in '0123456789abcdef' for letter in identity), 'an identity is 64 hexadecimal digits, or nothing')

    def object(self):
        number, payload = self.expect(OBJECT)
        need(number != 0 and number not in self.objects, 'an object has a number of its own')
        kind, flags = struct.unpack_from('<HH', payload)
        data = payload[4:]
        while flags & 1:
            parent, payload = self.expect(MORE)
            again, flags = struct.unpack_from('<HH', payload)
            need(parent == number and again == kind and len(payload) > 4, 'further bytes are of the same object')
            data += payload[4:]
        need(kind < len(self.names), 'a kind is a name')
        self.objects[number] = (kind, data)

    def group(self, payload, left):
        count, encoding, zero, stored, checksum, padding, unused = struct.unpack_from('<HBBIIHH', payload)
        need(zlib.crc32(payload[:-4]) == struct.unpack_from('<I', payload, len(payload) - 4)[0], 'the head of a group has its checksum')
        need(count == min(GROUP, left) and zero == 0 and unused == 0 and encoding in (0, 1), 'a group is well made')
        kinds = payload[16:16 + count]
        need(len(kinds) == count and set(kinds) <= {0, 1, 2, 3}, 'a group says of each page where it is')
        listed = [struct.unpack_from('<I', payload, 16 + count + 4 * i)[0] for i in range(kinds.count(2))]
        need(len(payload) == 16 + count + 4 * len(listed) + 4, 'a group lists its pages of the parent')
        inherited = {}
        for i, kind in enumerate(kinds):
            if kind == 3:
                need(i - 1 in inherited, 'behind a page of the parent follows its next')
                inherited[i] = inherited[i - 1] + 1
            elif kind == 2:
                inherited[i] = listed.pop(0)
            need(i not in inherited or inherited[i] < self.parent_pages, 'a page of the parent is one that it has')
        data = self.data[self.at + padding:self.at + padding + stored]
        need(len(data) == stored, 'an image ends with END')
        need(zlib.crc32(data) == checksum, 'stored pages have their checksum')
        need(encoding != 0 or stored < 16 * PAGE or (self.at + padding) % PAGE == 0, 'stored pages are page aligned')
        self.at += padding + stored
        if encoding == 1 and stored:
            data = subprocess.run(['zstd', '-dc'], input=data, stdout=subprocess.PIPE, check=True).stdout
        need(len(data) == kinds.count(0) * PAGE, 'stored bytes are the stored pages')
        self.groups.append((kinds, data, inherited))

    def page(self, number, parents):
        kinds, data, inherited = self.groups[number // GROUP]
        at = number % GROUP
        if kinds[at] == 1:
            return bytes(PAGE)
        if kinds[at] == 0:
            place = kinds[:at].count(0) * PAGE
            return data[place:place + PAGE]
        return parents[self.parent].page(inherited[at], parents)

    def fields(self, data, at, end, depth):
        need(depth <= 8, 'structures lie in each other at most eight deep')
        found = {}
        while at < end:
            need(end - at >= 3, 'a field has a name and a tag')
            name, tag = struct.unpack_from('<HB', data, at)
            need(name < len(self.names), 'a field has a name of the image')
            name = self.names[name]
            need(name not in found, 'a field stands once')
            at += 3
            if tag == 0:
                value, size = None, 0
            elif tag in (1, 2, 3, 4):
                size = 1 << (tag - 1)
                value = int.from_bytes(data[at:at + size], 'little')
            elif tag == 5:
                size = 8
                value = int.from_bytes(data[at:at + 8], 'little', signed=True)
            elif tag == 8:
                size = 4
                number = struct.unpack_from('<I', data, at)[0]
                need(number in self.objects, 'a reference leads to an object')
                value = {'object': number}
            else:
                count = struct.unpack_from('<I', data, at)[0]
                at += 4
                if tag in (6, 7):
                    size = count
                    value = data[at:at + count].hex() if tag == 6 else data[at:at + count].decode('utf-8', 'replace')
                elif tag == 10:
                    size = count
                    value = self.fields(data, at, at + count, depth + 1)
                elif tag == 9:
                    start, value = at, []
                    for _ in range(count):
                        length = struct.unpack_from('<I', data, at)[0]
                        need(at + 4 + length <= end, 'a structure ends within its object')
                        value.append(self.fields(data, at + 4, at + 4 + length, depth + 1))
                        at += 4 + length
                    size, at = at - start, start
                elif tag == 11:
                    size = 16 * count
                    need(at + size <= end, 'pages end within their object')
                    value = {'pages': [list(struct.unpack_from('<IIII', data, at + 16 * i)) for i in range(count)]}
                    following = 0
                    for first, length, page, _ in value['pages']:
                        need(length > 0 and first >= following and page + length <= self.pages_wanted, 'runs of pages ascend and are in the image')
                        following = first + length
                else:
                    raise Broken(f'a field has a known tag, not {tag}')
            at += size
            need(at <= end, 'a field ends within its object')
            found[name] = value
        return found


def main(paths):
    try:
        image = Image(paths[0])
        parents = {parent.identity: parent for parent in map(Image, paths[1:])}
        for child in [image, *parents.values()]:
            if child.chain > 1:
                need(child.parent in parents, 'the parent image is there')
                parent = parents[child.parent]
                need(parent.pages_wanted == child.parent_pages, 'the parent has as many pages as it had')
                need(parent.chain == child.chain - 1, 'the parent has as many images below it as it had')
        print('image', image.kernel, image.time, len(image.objects), image.pages_wanted, image.identity.hex())
        for number, (kind, fields) in image.objects.items():
            print('object', number, kind, json.dumps(fields, separators=(',', ':'), ensure_ascii=True))
        for number in range(image.pages_wanted):
            print('page', number, hashlib.sha256(image.page(number, parents)).hexdigest())
    except Protected:
        return 0
    except (Broken, protected_reader.Broken, struct.error, IndexError, ValueError, OSError, subprocess.CalledProcessError) as error:
        print('broken:', error)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
