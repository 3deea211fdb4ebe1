using System.Text;
using CheckpointRestart.Core.Files;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.Core.Roots;

/// <summary>Runs the maintainer scripts of freshly unpacked packages inside a machine, under a virtual clock and one seed, so that the same packages give the same root.</summary>
internal static class Configuration
{
    const int MostTold = 4000;

    public static bool HasDpkg(PackageSet set) => set.Has("dpkg");

    /// <exception cref="RootException">A script failed, with the end of what was printed.</exception>
    public static void Run(TarArchive unpacked, PackageSet set, Stream to, RootBuilderOptions options, CancellationToken token)
    {
        var root = new RootOptions { Archive = unpacked, OverlayLimit = 8L << 30 };
        using var machine = new Machine(new MachineOptions { Root = root, Clock = ClockKind.Virtual, MemoryLimit = 2L << 30 });
        var said = new StringBuilder();
        var decoder = new UTF8Encoding(false).GetDecoder();
        var task = machine.Start(new ProgramOptions
        {
            FilePath = "/bin/sh",
            Arguments = ["-c", HasDpkg(set) ? WithDpkg : WithoutDpkg(set)],
            Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true", "SHELL=/bin/sh"],
            InputPath = "/dev/null",
        });
        bool hasEnded;
        do
        {
            token.ThrowIfCancellationRequested();
            hasEnded = machine.WaitForExit(task, TimeSpan.FromMilliseconds(50), token) || machine.HasEnded;
            foreach (var stream in new[] { StreamKind.Output, StreamKind.Error }) Tell(machine.Streams.TakeAll(stream));
            if (machine.RetiredInstructions > options.InstructionLimit) throw Failed("the maintainer scripts did not end within the limit of instructions");
        }
        while (!hasEnded);
        if (machine.Failure is { } failure) throw new RootException("the maintainer scripts", $"the machine failed: {failure.Message}", failure);
        if (task.ExitCode != 0) throw Failed($"the maintainer scripts failed with status {task.ExitCode}");
        using var snapshot = machine.Execute(static one => one.Tree.Snapshot());
        using var files = new RootView(root, snapshot, memory: 256L << 20);
        var tar = new TarWriter(to);
        TreeExport.Write(files.Tree, tar, token);
        tar.Finish();

        void Tell(byte[] bytes)
        {
            if (bytes.Length == 0) return;
            var text = new char[bytes.Length];
            string part = new(text, 0, decoder.GetChars(bytes, text, flush: false));
            options.Output?.Invoke(part);
            said.Append(part);
            if (said.Length > 2 * MostTold) said.Remove(0, said.Length - MostTold);
        }

        RootException Failed(string rule) => new("the packages", $"{rule}: {said.ToString(Math.Max(0, said.Length - MostTold), Math.Min(said.Length, MostTold)).Trim()}");
    }

    /// <summary>No service is started: policy-rc.d says so.</summary>
    const string WithDpkg = """
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
        dpkg --force-confold --configure -a
        status=$?
        rm -f /usr/sbin/policy-rc.d
        exit $status
        """;

    static string WithoutDpkg(PackageSet set)
    {
        var text = new StringBuilder("set -e\nexport DPKG_MAINTSCRIPT_ARCH=i386 DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_MAINTSCRIPT_DEBUG=0 DPKG_ROOT= DPKG_ADMINDIR=/var/lib/dpkg DPKG_RUNNING_VERSION=1.21.22\n");
        foreach (string script in new[] { "preinst", "postinst" })
            foreach (var package in set.InOrder())
                if (package.ControlFiles.ContainsKey(script))
                    text.Append($"DPKG_MAINTSCRIPT_NAME={script} DPKG_MAINTSCRIPT_PACKAGE={package.Name} /var/lib/dpkg/info/{package.DatabaseName}.{script} {(script == "preinst" ? "install" : "configure ''")} || {{ echo 'the {script} of {package.Name} failed'; exit 1; }}\n");
        return text.ToString();
    }
}
