namespace CheckpointRestart.Core.Kernel;

/// <summary>How credentials change (Linux: security/commoncap.c, commit_creds).</summary>
internal static class CredentialRules
{
    /// <summary>What a change of user ids does to the capabilities (cap_emulate_setxuid).</summary>
    public static void FixUids(Credentials made, Credentials old)
    {
        if ((old.Secure & SecureBits.NoSetUidFixup) != 0) return;
        bool wasRoot = old.Uid == 0 || old.EffectiveUid == 0 || old.SavedUid == 0;
        if (wasRoot && made.Uid != 0 && made.EffectiveUid != 0 && made.SavedUid != 0)
        {
            if ((old.Secure & SecureBits.KeepCapabilities) == 0) made.Permitted = made.Effective = default;
            made.Ambient = default;
        }
        if (old.EffectiveUid == 0 && made.EffectiveUid != 0) made.Effective = default;
        if (old.EffectiveUid != 0 && made.EffectiveUid == 0) made.Effective = made.Permitted;
    }

    /// <summary>What a change of the file user id alone does to them.</summary>
    public static void FixFileUid(Credentials made, Credentials old)
    {
        if ((old.Secure & SecureBits.NoSetUidFixup) != 0) return;
        if (old.FileUid == 0 && made.FileUid != 0) made.Effective &= ~CapabilitySet.ForFiles;
        if (old.FileUid != 0 && made.FileUid == 0) made.Effective |= CapabilitySet.ForFiles & made.Permitted;
    }

    /// <summary>Puts new credentials in force. Who has become somebody else is not traced or dumped by who he was, and loses his death signal.</summary>
    public static void Commit(Task task, Credentials made)
    {
        var old = task.Credentials;
        bool isOther = old.EffectiveUid != made.EffectiveUid || old.EffectiveGid != made.EffectiveGid || old.FileUid != made.FileUid || old.FileGid != made.FileGid
            || !made.Permitted.IsWithin(old.Permitted);
        task.Credentials = made;
        if (!isOther) return;
        task.Group.Dumpable = 0;
        task.ParentDeathSignal = Signal.None;
    }

    /// <summary>The credentials behind an execve(2) of a file (bprm_fill_uid, cap_bprm_creds_from_file). Files have no capabilities of their own.</summary>
    /// <param name="task">Who executes.</param>
    /// <param name="program">The program, of a script its interpreter.</param>
    /// <param name="isSecure">AT_SECURE: the program has rights that its caller does not have.</param>
    public static Credentials ForExec(Task task, Files.Inode program, out bool isSecure)
    {
        const uint setGroupAndExecute = Files.FileModeBits.SetGroupId | 8;
        var old = task.Credentials;
        var made = old.Copy();
        bool noNewPrivileges = task.Group.NoNewPrivileges;
        if (!noNewPrivileges)
        {
            if ((program.Mode & Files.FileModeBits.SetUserId) != 0) made.EffectiveUid = program.Uid;
            if ((program.Mode & setGroupAndExecute) == setGroupAndExecute) made.EffectiveGid = program.Gid;
        }
        CapabilitySet permitted = default;
        bool isEffective = false;
        if ((old.Secure & SecureBits.NoRoot) == 0)
        {
            if (made.EffectiveUid == 0 || made.Uid == 0) permitted = old.Bounding | old.Inheritable;
            isEffective = made.EffectiveUid == 0;
        }
        made.Permitted = permitted;
        bool isSetId = made.EffectiveUid != old.Uid || made.EffectiveGid != old.Gid;
        bool isShared = task.FileSystem is { Users: > 1 } && task.Group.Threads.Count < task.FileSystem.Users;
        // Who is looked into by somebody without rights gets none.
        bool isWatched = task.Trace is { } trace && !trace.Tracer.Credentials.Has(Capability.Trace);
        if ((isSetId || !made.Permitted.IsWithin(old.Permitted)) && (noNewPrivileges || isShared || isWatched))
        {
            if (noNewPrivileges || !old.Has(Capability.SetUid))
            {
                made.EffectiveUid = made.Uid;
                made.EffectiveGid = made.Gid;
            }
            made.Permitted &= old.Permitted;
        }
        made.SavedUid = made.FileUid = made.EffectiveUid;
        made.SavedGid = made.FileGid = made.EffectiveGid;
        if (isSetId) made.Ambient = default;
        made.Permitted |= made.Ambient;
        made.Effective = isEffective ? made.Permitted : made.Ambient;
        made.Secure &= ~SecureBits.KeepCapabilities;
        isSecure = isSetId || (made.Uid != 0 && (isEffective || !permitted.IsWithin(made.Ambient)));
        return made;
    }
}
