using System.Globalization;
using System.Management.Automation;
using CheckpointRestart.Core.Kernel;

namespace CheckpointRestart.PS.Runtime;

/// <summary>Ports of a machine that programs of the host may connect to, as parameters name them.</summary>
static class PortPublishing
{
    /// <param name="machine">The machine.</param>
    /// <param name="pairs">guest:host, or guest alone for a free port of the host.</param>
    /// <exception cref="CrException">A text is no pair, or the host's port cannot be had.</exception>
    internal static void Publish(Machine machine, IEnumerable<string>? pairs)
    {
        foreach (string text in pairs ?? [])
        {
            var (guest, host) = Parse(text);
            Publish(machine, guest, host);
        }
    }

    /// <exception cref="CrException">It is no pair.</exception>
    internal static (int Guest, int Host) Parse(string text)
    {
        var parts = text.Split(':');
        int guest = int.Parse(parts[0], CultureInfo.InvariantCulture), host = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        if (guest is < 1 or > 65535 || host > 65535)
            throw new CrException("InvalidPort", ErrorCategory.InvalidArgument, $"'{text}' is no pair of ports.", "Write guest:host, 1 to 65535 each; 0 for the host's takes a free one.");
        return (guest, host);
    }

    internal static void Publish(Machine machine, int guest, int host)
    {
        try
        {
            machine.PublishPort(guest, host);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new CrException("PortNotAvailable", ErrorCategory.ResourceUnavailable, $"The host's port {host} cannot be listened on: {e.Message}", "Take another, or 0 for a free one.");
        }
    }
}
