using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using CheckpointRestart.Core.Image.Records;

namespace CheckpointRestart.Core.Image.Extended;

/// <content>One image, record by record.</content>
public static partial class ExtendedReader
{
    sealed class Reading(ImageSource source, CancellationToken cancellation)
    {
        readonly IncrementalHash identity = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        readonly Crc32 check = new();
        readonly byte[] payload = new byte[short.MaxValue];
        readonly List<string> names = [];
        readonly List<(uint Number, ushort Kind, long Offset, byte[] Bytes)> objects = [];
        readonly HashSet<uint> numbers = [];
        readonly byte[] headerBytes = new byte[RecordHeader.Size];
        RecordHeader header;
        RecordRules rules;
        int length;
        bool isUnchecked;
        uint objectCount, nameCount;
        long pageCount;

        /// <summary>What can be read at any position, when pages are read from it later.</summary>
        public ImageBytes? File { get; init; }

        ReadOnlySpan<byte> Payload => payload.AsSpan(0, length);

        public ExtendedImage Image()
        {
            using (identity) return Read();
        }

        ExtendedImage Read()
        {
            var head = Head();
            byte[] parentIdentity = Contents();
            var parent = parentIdentity.Length > 0 ? Parent(parentIdentity) : null;
            while (names.Count < nameCount) Names();
            while (objects.Count < objectCount)
            {
                cancellation.ThrowIfCancellationRequested();
                Object();
            }
            Next(ExtendedRecord.None);
            var groups = new List<PageGroup>();
            while ((ExtendedRecord)header.Type == ExtendedRecord.Pages)
            {
                cancellation.ThrowIfCancellationRequested();
                groups.Add(Group(groups.Count, parent));
                Next(ExtendedRecord.None);
            }
            long pages = groups.Sum(static group => (long)group.Kinds.Length);
            rules.Require(pages == pageCount, "an image has as many pages as it says at its beginning", (ulong)pages);
            long index = rules.Offset;
            Index(groups);
            var digest = End(index);
            var list = Objects();
            return new ExtendedImage(names, list, groups.Count == 0 ? Empty() : new GroupedPages(groups, (int)pageCount, File))
            {
                Head = head,
                Identity = digest,
                ParentReference = parent,
                IsRead = true,
            };
        }

        ImagePages Empty()
        {
            File?.Dispose();
            return ImagePages.None;
        }

        HeadRecord Head()
        {
            Next((ExtendedRecord)RecordType.Head);
            rules.Require(length == Marshal.SizeOf<HeadRecord>(), "HEAD has 224 bytes", (ulong)length);
            var head = MemoryMarshal.Read<HeadRecord>(Payload);
            rules.Require(head.Magic == HeadRecord.ImageMagic, "an image starts with the magic number 0x00feed0cc0a2d200", head.Magic)
                 .Require(head.Revision == ExtendedLimits.Revision, "the revision of the Extended format is 16", head.Revision)
                 .Require((head.Flags & ~ImageFlags.Checkpoint) == ImageFlags.None, "no flag but CR_CTX_CKPT (1) is set", (ulong)head.Flags);
            return head;
        }

        byte[] Contents()
        {
            Next(ExtendedRecord.Contents);
            rules.Require(length == ExtendedLimits.ContentsBytes, "CONTENTS has 64 bytes", (ulong)length);
            objectCount = BinaryPrimitives.ReadUInt32LittleEndian(Payload);
            nameCount = BinaryPrimitives.ReadUInt32LittleEndian(Payload[4..]);
            ulong pages = BinaryPrimitives.ReadUInt64LittleEndian(Payload[8..]);
            rules.Require(nameCount <= ExtendedLimits.MostNames, "an image has at most 65535 names", nameCount)
                 .Require(pages <= ExtendedLimits.MostPages, "an image has at most 16777216 pages", pages)
                 .Require(!Payload[16..32].ContainsAnyExcept((byte)0), "unused bytes are zero");
            pageCount = (long)pages;
            var parent = Payload[32..].ToArray();
            return parent.AsSpan().ContainsAnyExcept((byte)0) ? parent : [];
        }

        ParentReference Parent(byte[] identity)
        {
            Next(ExtendedRecord.Parent);
            rules.Require(length >= ExtendedLimits.ParentHeadBytes, "PARENT has at least 8 bytes", (ulong)length);
            uint chain = BinaryPrimitives.ReadUInt32LittleEndian(Payload), pages = BinaryPrimitives.ReadUInt32LittleEndian(Payload[4..]);
            var path = Payload[ExtendedLimits.ParentHeadBytes..];
            rules.Require(chain is > 0 and < ExtendedLimits.MostChain, "a chain has at most 64 images", chain)
                 .Require(pages <= ExtendedLimits.MostPages, "an image has at most 16777216 pages", pages)
                 .Require(path.Length <= ExtendedLimits.MostPathBytes && !path.Contains((byte)0), "the path of a parent has at most 4096 bytes and no NUL", (ulong)path.Length)
                 .Require(System.Text.Unicode.Utf8.IsValid(path), "the path of a parent is UTF-8");
            return new ParentReference(identity, (int)chain, (int)pages, Encoding.UTF8.GetString(path));
        }

        void Names()
        {
            Next(ExtendedRecord.Names);
            var left = Payload;
            rules.Require(!left.IsEmpty, "a record of names has some");
            while (!left.IsEmpty)
            {
                int count = left[0];
                rules.Require(count > 0 && count < left.Length, "a name has at least one byte, and ends within its record", (ulong)count);
                var name = left.Slice(1, count);
                rules.Require(!name.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E), "a name is printable ASCII without blanks")
                     .Require(names.Count < nameCount, "an image has as many names as it says at its beginning");
                names.Add(Encoding.ASCII.GetString(name));
                left = left[(1 + count)..];
            }
        }

        void Object()
        {
            Next(ExtendedRecord.Object);
            var at = rules;
            uint number = header.Parent;
            rules.Require(number != 0, "an object's number is not 0").Require(numbers.Add(number), "an object has a number of its own", number);
            ushort kind = Piece(out bool more, out var bytes);
            byte[] whole = bytes.ToArray();
            if (more)
            {
                using var all = new MemoryStream();
                all.Write(whole);
                while (more)
                {
                    Next(ExtendedRecord.More);
                    rules.Require(header.Parent == number, "an object's further bytes follow its first", header.Parent);
                    ushort again = Piece(out more, out bytes);
                    rules.Require(again == kind, "an object has one kind", again);
                    rules.Require(!bytes.IsEmpty, "an object's further record has bytes");
                    all.Write(bytes);
                    rules.Require(all.Length <= ExtendedLimits.MostObjectBytes, "an object has at most 256 MiB", (ulong)all.Length);
                }
                whole = all.ToArray();
            }
            objects.Add((number, kind, at.Offset, whole));
        }

        ushort Piece(out bool more, out ReadOnlySpan<byte> bytes)
        {
            rules.Require(length >= 4, "an object's record says its kind", (ulong)length);
            ushort kind = BinaryPrimitives.ReadUInt16LittleEndian(Payload), flags = BinaryPrimitives.ReadUInt16LittleEndian(Payload[2..]);
            rules.Require(kind < names.Count, "an object's kind is one of the image's names", kind).Require(flags <= 1, "no flag but 1 is set", flags);
            more = flags == 1;
            bytes = Payload[4..];
            return kind;
        }

        PageGroup Group(int number, ParentReference? parent)
        {
            rules.Require(length >= ExtendedLimits.GroupHeadBytes + 4, "a group of pages has a head", (ulong)length);
            int count = BinaryPrimitives.ReadUInt16LittleEndian(Payload);
            rules.Require(count > 0 && count <= ExtendedLimits.GroupPages, "a group has 1 to 256 pages", (ulong)count)
                 .Require(header.Parent == (uint)number * ExtendedLimits.GroupPages, "groups of pages follow each other, all but the last with 256", header.Parent)
                 .Require((long)header.Parent + count <= pageCount, "an image has as many pages as it says at its beginning", header.Parent)
                 .Require(count == ExtendedLimits.GroupPages || header.Parent + count == pageCount, "all groups but the last have 256 pages", (ulong)count)
                 .Require(length >= ExtendedLimits.GroupHeadBytes + count + 4, "a group says of each page where it is", (ulong)length)
                 .Require(BinaryPrimitives.ReadUInt32LittleEndian(Payload[^4..]) == Crc32.HashToUInt32(Payload[..^4]), "a group's head has its checksum", Errno.EIO);
            uint stored = BinaryPrimitives.ReadUInt32LittleEndian(Payload[4..]);
            int padding = BinaryPrimitives.ReadUInt16LittleEndian(Payload[12..]);
            var encoding = (PageEncoding)Payload[2];
            rules.Require(encoding is PageEncoding.Raw or PageEncoding.Zstd, "a group's encoding is known", Payload[2])
                 .Require(Payload[3] == 0 && Payload[14] == 0 && Payload[15] == 0, "unused bytes are zero");
            var kinds = new PageKind[count];
            int[] inherited = [];
            int there = 0, listed = 0, most = (length - ExtendedLimits.GroupHeadBytes - count - 4) / sizeof(uint);
            for (int i = 0; i < count; i++)
            {
                kinds[i] = (PageKind)Payload[ExtendedLimits.GroupHeadBytes + i];
                if (kinds[i] == PageKind.Stored) there++;
                if (kinds[i] is PageKind.Stored or PageKind.Zero) continue;
                rules.Require(kinds[i] is PageKind.Parent or PageKind.ParentNext, "a page is stored, zero or the parent's", (byte)kinds[i])
                     .Require(parent != null, "an image without a parent has none of its pages");
                if (inherited.Length == 0) inherited = new int[count];
                uint page;
                if (kinds[i] == PageKind.ParentNext)
                {
                    rules.Require(i > 0 && kinds[i - 1] == PageKind.Parent, "behind a page of the parent follows its next", (ulong)i);
                    page = (uint)inherited[i - 1] + 1;
                    kinds[i] = PageKind.Parent;
                }
                else
                {
                    rules.Require(listed < most, "a group lists its pages of the parent", (ulong)listed);
                    page = BinaryPrimitives.ReadUInt32LittleEndian(Payload[(ExtendedLimits.GroupHeadBytes + count + listed++ * sizeof(uint))..]);
                }
                rules.Require(page < (uint)parent!.Pages, "a page of the parent is one that it has", page);
                inherited[i] = (int)page;
            }
            rules.Require(length == ExtendedLimits.GroupHeadBytes + count + listed * sizeof(uint) + 4, "a group says of each page where it is", (ulong)length);
            rules.Require(encoding == PageEncoding.Raw ? stored == (uint)there * ExtendedLimits.PageSize : stored > 0 && stored < (uint)there * ExtendedLimits.PageSize,
                    "a group's stored bytes are its stored pages, or fewer when they are packed", stored)
                 .Require(padding < ExtendedLimits.PageSize, "padding is less than a page", (ulong)padding);
            if (!source.Skip(padding)) throw Truncated();
            var group = new PageGroup { Offset = source.Position, RecordOffset = rules.Offset, Kinds = kinds, Inherited = inherited, Checksum = BinaryPrimitives.ReadUInt32LittleEndian(Payload[8..]), Stored = (int)stored, Encoding = encoding };
            if (File != null)
            {
                if (!source.Skip(stored)) throw Truncated();
                return group;
            }
            var data = new byte[stored];
            if (source.Fill(data) < data.Length) throw Truncated();
            new RecordRules((RecordType)ExtendedRecord.Pages, group.Offset).Require(Crc32.HashToUInt32(data) == group.Checksum, "stored pages have their checksum", Errno.EIO);
            group.Data = group.Unpack(data);
            return group;
        }

        void Index(List<PageGroup> groups)
        {
            for (int first = 0; first < groups.Count;)
            {
                rules.Require((ExtendedRecord)header.Type == ExtendedRecord.Index && header.Parent == (uint)first && length > 0 && length % sizeof(long) == 0, "the index has each group of pages");
                int count = length / sizeof(long);
                rules.Require(count <= groups.Count - first, "the index has each group of pages once", (ulong)count);
                for (int i = 0; i < count; i++)
                {
                    long offset = BinaryPrimitives.ReadInt64LittleEndian(Payload[(i * sizeof(long))..]);
                    rules.Require(offset == groups[first + i].RecordOffset, "the index has a group where it is", (ulong)offset);
                }
                first += count;
                Next(ExtendedRecord.None);
            }
        }

        byte[] End(long index)
        {
            rules.Require((ExtendedRecord)header.Type == ExtendedRecord.End, "an image ends with END").Require(length == ExtendedLimits.EndBytes, "END has 48 bytes", (ulong)length)
                 .Require(BinaryPrimitives.ReadUInt64LittleEndian(Payload) == ExtendedLimits.EndMagic, "END has its magic number")
                 .Require(BinaryPrimitives.ReadInt64LittleEndian(Payload[8..]) == index, "END says where the index is");
            var digest = identity.GetHashAndReset();
            rules.Require(Payload[16..].SequenceEqual(digest), "an image's identity is that of its contents", Errno.EIO);
            return digest;
        }

        ExtendedObject[] Objects()
        {
            var whole = new ObjectRules(names.Count, pageCount, numbers.Contains);
            var list = new ExtendedObject[objects.Count];
            for (int i = 0; i < list.Length; i++)
            {
                var (number, kind, offset, bytes) = objects[i];
                whole.Check(bytes, new RecordRules((RecordType)ExtendedRecord.Object, offset));
                list[i] = new ExtendedObject { Number = number, Kind = names[kind], Bytes = bytes, Offset = offset };
            }
            return list;
        }

        /// <summary>The next record that is no checksum and that this reader knows.</summary>
        void Next(ExtendedRecord expected)
        {
            while (true)
            {
                ReadRecord(expected);
                var type = (ExtendedRecord)header.Type;
                if (type == ExtendedRecord.Check)
                {
                    rules.Require(length == 4, "CHECK has 4 bytes", (ulong)length)
                         .Require(BinaryPrimitives.ReadUInt32LittleEndian(Payload) == check.GetCurrentHashAsUInt32(), "records have their checksum", Errno.EIO);
                    check.Reset();
                    isUnchecked = false;
                    continue;
                }
                if (type == ExtendedRecord.Error) throw rules.Broken($"the image is whole, but its writer failed: {Encoding.UTF8.GetString(Payload)}", Errno.EIO);
                if (type is ExtendedRecord.Pages or ExtendedRecord.End) rules.Require(!isUnchecked, "records have a checksum");
                if (((short)type & (short)ExtendedRecord.Optional) != 0 && type > 0) continue;
                if (expected != ExtendedRecord.None) rules.Require(type == expected, $"a {RecordSchema.NameOf((RecordType)expected)} record stands here", Errno.EINVAL, RecordSchema.NameOf(header.Type));
                return;
            }
        }

        void ReadRecord(ExtendedRecord expected)
        {
            rules = new RecordRules((RecordType)expected, source.Position);
            if (source.Fill(headerBytes) < headerBytes.Length) throw Truncated();
            header = MemoryMarshal.Read<RecordHeader>(headerBytes);
            if (expected == ExtendedRecord.None) rules = rules with { Record = header.Type };
            length = header.Length;
            rules.Require(length >= 0, "a payload has 0 to 32767 bytes", (ushort)length);
            if (source.Fill(payload.AsSpan(0, length)) < length) throw Truncated();
            var type = (ExtendedRecord)header.Type;
            identity.AppendData(headerBytes);
            identity.AppendData(payload, 0, type == ExtendedRecord.End ? Math.Min(16, length) : length);
            if (type is ExtendedRecord.Check or ExtendedRecord.Pages or ExtendedRecord.End) return;
            check.Append(headerBytes);
            check.Append(Payload);
            isUnchecked = true;
        }

        CheckpointImageException Truncated() => new(rules.Record, rules.Offset, "an image ends with END, not before", Errno.EPIPE);
    }
}
