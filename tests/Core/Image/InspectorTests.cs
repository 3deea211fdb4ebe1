using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Records;
using Xunit;

namespace CheckpointRestart.Core.Tests.Image;

public class InspectorTests
{
    private static readonly byte[] s_small = Samples.Bytes(Samples.Small());

    [Fact]
    public void FieldsAreTypedAndKnowHowTheyReadBest()
    {
        var records = Patch.Records(s_small);
        var head = records[0];
        Assert.Equal("6.1.0", Value(head, "release").Value);
        Assert.Equal((ImageFlags.Checkpoint, FieldFormat.Flags), (Value(head, "flags").Value, Value(head, "flags").Format));
        var vma = records.First(record => record.Type == RecordType.Vma);
        Assert.Equal("vm_start=0x8048000", Value(vma, "vm_start").ToString());
        Assert.Equal(Samples.Code, Value(vma, "vm_flags").Value);
        Assert.Equal("/bin/counter", Value(records.First(record => record.Type == RecordType.FileName), "text").Value);
        Assert.Equal("counter", Value(records.First(record => record.Type == RecordType.String), "text").Value);
        Assert.Equal(512, Assert.IsType<byte[]>(Value(records.Single(record => record.Type == RecordType.Cpu), "xstate").Value).Length);
        Assert.Equal(FileFlags.ReadWrite | FileFlags.Append, Value(records.Single(record => record.Type == RecordType.FileData), "f_flags").Value);
    }

    [Fact]
    public void RawRunsBelongToTheirRecord()
    {
        var records = Patch.Records(s_small);
        var chunk = records.Single(record => record.RawLength == 3 * 4100);
        Assert.Equal([0x0804_a000u, 0x0804_b000u, 0x0804_d000u], chunk.PageAddresses);
        Assert.Equal(Samples.Small().Memory.Ldt, records.Single(record => record.Type == RecordType.MmContext).Descriptors);
        Assert.Equal(24, records.Single(record => record.Type == RecordType.Thread).RawLength);
        var end = 0L;
        foreach (var record in records)
        {
            Assert.Equal(end, record.Offset);
            end += RecordHeader.Size + record.Length + record.RawLength;
        }
        Assert.Equal(s_small.Length, end);
    }

    [Fact]
    public void AnInvalidImageIsShownWhole()
    {
        var records = Patch.Records(s_small.Set(RecordType.Cpu, "flags", 0).Set(RecordType.Head, "magic", 1));
        Assert.Equal(RecordType.Tail, records[^1].Type);
        Assert.Equal(0ul, Value(records.Single(record => record.Type == RecordType.Cpu), "flags").Value);
    }

    [Fact]
    public void AnUnknownRecordIsShownAndEndsTheList()
    {
        var at = Patch.Offset(s_small, RecordType.Files);
        var found = new List<ImageRecord>();
        using var stream = new MemoryStream(s_small.SetType(RecordType.Files, 999));
        var error = Assert.Throws<CheckpointImageException>(() =>
        {
            foreach (var record in RecordInspector.Enumerate(stream)) found.Add(record);
        });
        Assert.Equal(((RecordType)999, at), (error.Record, error.Offset));
        Assert.Equal(("record type 999", at), (found[^1].Name, found[^1].Offset));
        Assert.Empty(found[^1].Fields);
    }

    [Fact]
    public void AFileIsInspectedLikeAStream()
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, s_small);
        Assert.Equal(Patch.Records(s_small).Select(record => record.Offset), RecordInspector.Enumerate(path).Select(record => record.Offset));
        File.Delete(path);
    }

    private static FieldValue Value(ImageRecord record, string field) => record.Fields.Single(one => one.Name == field);
}
