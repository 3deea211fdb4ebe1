using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Roots;

namespace CheckpointRestart.Core.Tests.Guests;

/// <summary>A root made from the Debian packages that tests/guests/fetch-root.sh fetches: made once, and kept under artifacts until packages or program change.</summary>
public static class DebianRoot
{
    /// <summary>Why a test that needs the root is skipped.</summary>
    public const string NotFetched = "Debian's packages have not been fetched (tests/guests/fetch-root.sh)";

    static readonly Lazy<BuiltRoot?> Made = new(Make);

    /// <summary>The fetched .deb files, or null.</summary>
    public static string? Packages
    {
        get
        {
            var path = Path.Combine(GuestFiles.Repository, "artifacts", "guests", "debs");
            return Directory.Exists(path) ? path : null;
        }
    }

    /// <summary>The root, or null where the packages have not been fetched.</summary>
    public static TarArchive? Archive => Made.Value?.Archive;

    static BuiltRoot? Make()
    {
        if (Packages is not { } folder) return null;
        string target = Path.Combine(GuestFiles.Repository, "artifacts", "guests", "debian-root.tar"), stamp = target + ".made-from";
        string wanted = File.ReadAllText(folder + ".list") + typeof(RootBuilder).Module.ModuleVersionId;
        if (!File.Exists(target) || !File.Exists(stamp) || File.ReadAllText(stamp) != wanted)
        {
            RootBuilder.FromPackages(Directory.GetFiles(folder, "*.deb"), new RootBuilderOptions { Destination = target }).Archive.Dispose();
            File.WriteAllText(stamp, wanted);
        }
        return RootBuilder.FromTar(target, new RootBuilderOptions());
    }
}
