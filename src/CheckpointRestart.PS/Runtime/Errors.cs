using System.Management.Automation;
using CheckpointRestart.Core;
using CheckpointRestart.Core.Checkpoint;
using CheckpointRestart.Core.Checkpoint.Schedules;
using CheckpointRestart.Core.Image;
using CheckpointRestart.Core.Image.Extended;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;
using CheckpointRestart.Core.Kernel.Debugging;
using CheckpointRestart.Core.Memory;
using CheckpointRestart.Core.Roots;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Exceptions as error records: id, category, target and what to do. The ids are part of the module's interface.</summary>
static class Errors
{
    /// <summary>The record for an exception that a user can cause, or null for one that only a defect can.</summary>
    internal static ErrorRecord? Find(Exception exception, object? target)
    {
        var (id, category, action) = exception switch
        {
            CrException own => (own.ErrorId, own.Category, own.RecommendedAction),
            ProgramException { Errno: Errno.ENOEXEC } program => ("NotAnI386Program", ErrorCategory.InvalidType, Advice(program)),
            ProgramException program => ("StartFailed", Category(program.Errno, ErrorCategory.OpenError), Advice(program)),
            CheckpointRefusedException refused => ("CheckpointRefused", Category(refused.Errno, ErrorCategory.InvalidOperation), Advice(refused)),
            _ when Moving.MoveErrors.Find(exception) is { } move => move,
            Core.Image.Protection.ProtectionException shut => ProtectionErrors.Of(shut),
            RestoreException { FilesNeeded.Count: > 0 } => ("RestoreNeedsRoot", ErrorCategory.ObjectNotFound, "Give -Root the directory that holds these files, or -FilePath the program where it is the only one."),
            RestoreException restore => ("RestoreFailed", Category(restore.Errno, ErrorCategory.InvalidOperation), Advice(restore)),
            ChangeRefusedException refused => Refused(refused),
            DebuggerPresentException => ("TaskHasDebugger", ErrorCategory.ResourceBusy, "Let the other debugger go: Get-Job and Stop-Job, or detach in it."),
            SeenFileException file => Of(file),
            CopyRefusedException copy => Of(copy),
            LostPagesException => ("MemoryLost", ErrorCategory.InvalidData, AboutLoss),
            ScheduleException schedule => Refused(schedule),
            // Of what an image says of its parent, a rule of the format has an offset.
            CheckpointImageException { Record: (RecordType)ExtendedRecord.Parent, Offset: 0 } parent => ("ParentImageUnusable", Category(parent.Errno, ErrorCategory.InvalidData),
                "Put the image that is named back where it was, unchanged. Get-CrRecord shows which one an increment builds on."),
            CheckpointImageException => ("InvalidImage", ErrorCategory.InvalidData, "The file is cut short, damaged, or no image. Get-CrRecord shows the records up to the break."),
            RootException { IsAboutDependencies: true } => ("UnmetDependencies", ErrorCategory.InvalidData, "Add the packages that are named, or go on without them with -Force."),
            RootException => ("InvalidRoot", ErrorCategory.InvalidData, "Check the file; New-CrRoot takes a directory, a tar file (also gzip, xz or zstd), or Debian packages for i386."),
            TarException => ("InvalidTar", ErrorCategory.InvalidData, "-Root takes an uncompressed tar file; New-CrRoot makes one of a compressed one, of a directory or of Debian packages."),
            FileNotFoundException or DirectoryNotFoundException => ("PathNotFound", ErrorCategory.ObjectNotFound, "Check the path."),
            UnauthorizedAccessException => ("AccessDenied", ErrorCategory.PermissionDenied, "Check the rights on the file and its directory."),
            IOException full when AtomicFile.IsAboutSpace(full.HResult) => ("DiskFull", ErrorCategory.LimitsExceeded, "Make room, or save to another disk. What was there before is as it was."),
            IOException closed when AtomicFile.IsReadOnly(closed.HResult) => ("ReadOnlyFileSystem", ErrorCategory.PermissionDenied, "Save to another disk, or mount this one for writing. What was there before is as it was."),
            IOException there when AtomicFile.IsAboutExistence(there.HResult) => ("FileExists", ErrorCategory.ResourceExists, "-Force replaces it."),
            IOException => ("InputOutputError", ErrorCategory.WriteError, "Check the disk or the connection, and try again."),
            ArgumentException => ("InvalidArgument", ErrorCategory.InvalidArgument, "Get-Help -Parameter tells what each parameter takes."),
            WildcardPatternException => ("InvalidWildcard", ErrorCategory.InvalidArgument, "A bracket that begins a set has to be closed; [WildcardPattern]::Escape makes a pattern of a name that has brackets."),
            System.Text.RegularExpressions.RegexMatchTimeoutException => ("PatternTooSlow", ErrorCategory.OperationTimeout, "Write the pattern without back references and look-around: then its time does not depend on what lies in memory."),
            ObjectDisposedException => ("MachineGone", ErrorCategory.ObjectNotFound, "The machine has been removed; Get-CrTask lists the tasks that are there."),
            _ => ((string?)null, ErrorCategory.NotSpecified, (string?)null),
        };
        if (id is null) return null;
        var record = new ErrorRecord(exception, id, category, target);
        if (action is not null) record.ErrorDetails = new ErrorDetails(Sentence(GuestText.ForDisplay(Named(exception, target), keepLines: true))) { RecommendedAction = action };
        return record;
    }

    const string FileKey = "CheckpointRestart.File";

    /// <summary>Notes which file an exception is about whose message names none. An exception filter, which catches nothing.</summary>
    internal static bool IsCaught(Exception exception, string file)
    {
        if (exception is CheckpointImageException or Core.Image.Protection.ProtectionException) exception.Data[FileKey] = file;
        return false;
    }

    /// <summary>The message, with the file or task that it is about.</summary>
    static string Named(Exception exception, object? target) =>
        exception is ObjectDisposedException ? target is Objects.CrTask task ? $"{task.Label} is gone, and its machine with it." : "The machine is gone."
        : exception.Data[FileKey] is string file && !exception.Message.Contains(file, StringComparison.Ordinal) ? $"'{file}': {exception.Message}" : exception.Message;

    /// <summary>What floors below say begins small where it begins with a word.</summary>
    static string Sentence(string message) => Beginnings.Any(word => message.StartsWith(word, StringComparison.Ordinal)) ? Lifecycle.Sentence(message) : message;

    static readonly string[] Beginnings = ["a ", "an ", "no ", "task ", "the ", "there "];

    /// <summary>What to do about a machine whose image is damaged where it is read.</summary>
    internal const string AboutLoss = "Remove-CrTask -Force removes it. Test-CrCheckpoint looks through a whole image, and Restore-CrCheckpoint -Eager reads all of it before anything runs.";

    static (string Id, ErrorCategory Category, string Advice) Refused(ChangeRefusedException refused) => refused.Errno switch
    {
        Errno.EFAULT => ("AddressNotWritable", ErrorCategory.WriteError, "Get-CrVma lists the regions."),
        Errno.EBUSY => ("TaskInSystemCall", ErrorCategory.ResourceBusy, "Step-CrTask -Over brings the task to the call's end."),
        Errno.ENODEV => ("RegisterNotFound", ErrorCategory.ObjectNotFound, "Start the task with a -Cpu that has it."),
        Errno.EBADF => ("DescriptorNotFound", ErrorCategory.ObjectNotFound, "Get-CrFileDescriptor lists the descriptors."),
        Errno.ENOSPC => ("NoRoomInEnvironment", ErrorCategory.LimitsExceeded, "Give a value that is not longer than the old one."),
        Errno.ENOENT or Errno.EACCES or Errno.ENOTDIR or Errno.ELOOP or Errno.EISDIR or Errno.EROFS or Errno.ETXTBSY => ("ChangeRefused", ErrorCategory.ObjectNotFound, "Check the name; paths are those that the task sees."),
        Errno.ENOMEM => ("MemoryExhausted", ErrorCategory.LimitsExceeded, "Give the machine a larger -MemoryLimit."),
        Errno.ESRCH => ("TaskEnded", ErrorCategory.InvalidOperation, "Get-CrTask shows the exit code."),
        Errno.ENAMETOOLONG => ("InvalidTaskName", ErrorCategory.InvalidArgument, "Give a shorter name."),
        Errno.EOPNOTSUPP => ("NotARegularFile", ErrorCategory.InvalidArgument, "Get-CrFileDescriptor tells what a descriptor is; only one of a regular file can be given another one."),
        _ => ("InvalidRegisterValue", ErrorCategory.InvalidArgument, "Get-CrRegister -All shows what the register holds now."),
    };

    static (string Id, ErrorCategory Category, string? Advice) Of(SeenFileException file) => file.Errno switch
    {
        Errno.ENOENT => ("GuestFileNotFound", ErrorCategory.ObjectNotFound, "Guest paths begin at the root that the task sees; dir CrTask:/<id>/root lists it."),
        Errno.ENODATA => ("FileNotInImage", ErrorCategory.ObjectNotFound, "New-PSDrive -PSProvider CrImage -Root <image> -Files <root> adds the root that the image was taken over."),
        Errno.ESRCH => ("TaskEnded", ErrorCategory.ObjectNotFound, "Get-CrTask lists the tasks."),
        Errno.EEXIST => ("GuestFileExists", ErrorCategory.ResourceExists, "-Force replaces it."),
        Errno.EOPNOTSUPP => ("NoContents", ErrorCategory.InvalidType, "Regular files are read and written, and of images and tasks pipes are read."),
        Errno.ENOSPC or Errno.EFBIG => ("GuestFilesFull", ErrorCategory.LimitsExceeded, "Start the task with a larger -FileLimit."),
        Errno.ENOTEMPTY => ("GuestDirectoryNotEmpty", ErrorCategory.InvalidOperation, "-Recurse takes what is in it as well."),
        Errno.EXDEV => ("OtherFileSystem", ErrorCategory.InvalidOperation, "Copy-CrFile copies it there; Remove-Item removes it where it was."),
        Errno.ENAMETOOLONG => ("GuestNameTooLong", ErrorCategory.InvalidArgument, "A name has at most 255 bytes, and a path 4095."),
        Errno.ESTALE => ("GuestFileChanged", ErrorCategory.InvalidData, "Leave a root alone while a machine uses it."),
        Errno.EISDIR or Errno.ENOTDIR or Errno.EINVAL => ("WrongFileKind", ErrorCategory.InvalidType, "Get-Item shows what it is."),
        Errno.EACCES or Errno.EPERM or Errno.EBUSY or Errno.ETXTBSY => ("GuestFileDenied", Category(file.Errno, ErrorCategory.ResourceBusy), null),
        _ => ("GuestFileError", ErrorCategory.InvalidOperation, null),
    };

    static (string Id, ErrorCategory Category, string? Advice) Of(CopyRefusedException copy) => copy.Reason switch
    {
        CopyRefusal.Name => ("NameNotUsable", ErrorCategory.InvalidData, "Copy the file by itself, and give -Destination another name."),
        CopyRefusal.Link => ("LinkLeadsOut", ErrorCategory.SecurityError, "-FollowLink copies what links lead to in the guest."),
        CopyRefusal.Kind => ("WrongFileKind", ErrorCategory.InvalidType, "Files, directories and symbolic links are copied."),
        CopyRefusal.Directory => ("DirectoryNotCopied", ErrorCategory.InvalidOperation, "-Recurse copies directories."),
        CopyRefusal.Exists => ("FileExists", ErrorCategory.ResourceExists, "-Force replaces files; a directory and a file do not replace each other."),
        _ => ("LinkLoop", ErrorCategory.InvalidData, null),
    };

    static (string Id, ErrorCategory Category, string Advice) Refused(ScheduleException schedule) => schedule.Problem switch
    {
        ScheduleProblem.InUse => ("ScheduleInUse", ErrorCategory.ResourceBusy, "Get-CrCheckpointSchedule shows the schedules of this session; another process may have it. Unregister-CrCheckpointSchedule there gives it free."),
        ScheduleProblem.Exists => ("ScheduleExists", ErrorCategory.ResourceExists, "Resume-CrCheckpointSchedule goes on with it; -Force begins anew and takes its images away; -Name gives another name."),
        ScheduleProblem.KeyNeeded => ("ProtectionKeyNeeded", ErrorCategory.AuthenticationError, "Give -Protection the passphrase as a SecureString (Read-Host -AsSecureString), or the certificate with its private key."),
        ScheduleProblem.SignerNeeded => ("SigningCertificateNeeded", ErrorCategory.AuthenticationError, "Give -SigningCertificate the certificate with its private key."),
        ScheduleProblem.NoGoodImage => ("NoGoodImage", ErrorCategory.InvalidData, "Test-CrCheckpoint tells of each image what is wrong with it."),
        _ => ("InvalidSchedule", ErrorCategory.InvalidData, "Give a file that Register-CrCheckpointSchedule has made."),
    };

    static string Advice(CheckpointRefusedException refused) => refused.Errno switch
    {
        Errno.EAGAIN => "The task has ended; there is nothing left to save.",
        Errno.EBUSY => "Let the task go on (Resume-CrTask) and save it a moment later, or end what it is busy with.",
        _ when refused.Message.Contains("RootWritable", StringComparison.Ordinal) => "Start the task with -RootWritable, so that its files are on the host.",
        _ => "Bring the task to a point where it no longer holds this object, and save it then.",
    };

    static string Advice(ProgramException program) => program.Errno switch
    {
        Errno.ENOENT => "With -Root the program is a path inside that directory; without it, a file of the host.",
        Errno.ENOEXEC => "Programs are 32-bit x86 Linux executables (i386 ELF), or scripts with #! for one.",
        Errno.EACCES => "Check that the file may be executed.",
        _ => "Check the program, its interpreter and the limits.",
    };

    /// <summary>What to do about something that cannot be saved.</summary>
    internal static string Advice(Obstacle obstacle) => Advice(new CheckpointRefusedException([obstacle]));

    static string Advice(RestoreException restore) => restore.Errno switch
    {
        Errno.ESTALE => "Give -Root the files as they were, or go on with them as they are with -AllowChangedFiles.",
        Errno.ENOENT => "Give -Root a copy of the directory that the task was started with.",
        Errno.EACCES => "Check the host's rights on the file.",
        _ => "Get-CrRecord and Get-CrFileDescriptor show what the image asks for.",
    };

    static ErrorCategory Category(Errno errno, ErrorCategory other) => errno switch
    {
        Errno.ENOENT or Errno.ESRCH => ErrorCategory.ObjectNotFound,
        Errno.EACCES or Errno.EPERM => ErrorCategory.PermissionDenied,
        Errno.EBUSY or Errno.EAGAIN => ErrorCategory.ResourceBusy,
        Errno.ENOSYS => ErrorCategory.NotImplemented,
        Errno.EBADF or Errno.EINVAL => ErrorCategory.InvalidData,
        Errno.ENOMEM or Errno.EMFILE => ErrorCategory.LimitsExceeded,
        _ => other,
    };
}
