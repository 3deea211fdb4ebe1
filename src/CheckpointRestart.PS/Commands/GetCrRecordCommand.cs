using System.Management.Automation;
using CheckpointRestart.Core.Image;
using CheckpointRestart.PS.Objects;
using CheckpointRestart.PS.Runtime;

namespace CheckpointRestart.PS.Commands;

/// <summary>Gets the records of images as they stand, also of broken ones up to the break, or those that an image of a task would have now.</summary>
[Cmdlet(VerbsCommon.Get, "CrRecord", DefaultParameterSetName = PathSet), OutputType(typeof(CrRecord))]
public sealed class GetCrRecordCommand : InspectCommand
{
    /// <summary>Of v5 images, and from Contents on of Extended ones.</summary>
    [Parameter]
    [ValidateSet("Head", "String", "FileName", "Task", "Thread", "Cpu", "Mm", "Vma", "PageArray", "MmContext", "Files", "FileDescriptor", "FileData", "Tail",
        "Contents", "Names", "Object", "More", "Check", "Pages", "Index", "Error", "End")]
    public string[]? Type { get; set; }

    private protected override void Inspect(Subject subject) => Write(subject.Records());

    /// <summary>Not through the object model, which a broken image does not have.</summary>
    private protected override void InspectFile(string path) => Write(RecordInspector.Enumerate(path, AccessOf(Protection, TrustedSigner)).Select(record => new CrRecord(record, path)));

    void Write(IEnumerable<CrRecord> records)
    {
        foreach (var record in records)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (Type is null || Type.Contains(record.TypeName, StringComparer.OrdinalIgnoreCase)) WriteObject(record);
        }
    }
}
