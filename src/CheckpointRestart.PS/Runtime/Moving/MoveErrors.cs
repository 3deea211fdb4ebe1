using System.Management.Automation;
using System.Net.Sockets;
using CheckpointRestart.Core.Checkpoint.Extended;
using CheckpointRestart.Core.Checkpoint.Moving;

namespace CheckpointRestart.PS.Runtime.Moving;

/// <summary>What goes wrong when machines are moved, as error records say it.</summary>
static class MoveErrors
{
    internal static (string? Id, ErrorCategory Category, string? Advice)? Find(Exception exception) => exception switch
    {
        TransferException { Machine: not null } => ("MachineHeld", ErrorCategory.ConnectionError, "Look at the sender. If its machine goes on there, nothing is to be done here; if it was given up, Receive-CrMachine -Token lets it go on here."),
        TransferException { InnerException: ChannelException inner } => Of(inner),
        TransferException => ("MoveFailed", ErrorCategory.ConnectionError, "The machine goes on at its sender. Mend what the message names and move it again."),
        ChannelException channel => Of(channel),
        SocketException => ("ConnectionFailed", ErrorCategory.ConnectionError, "Start Receive-CrMachine at the other end first, and check the name, the port and what lies between."),
        TimeoutException => ("MoveTimedOut", ErrorCategory.OperationTimeout, "Give a longer -Timeout."),
        _ => null,
    };

    static (string? Id, ErrorCategory Category, string? Advice) Of(ChannelException exception) => exception.Problem switch
    {
        ChannelProblem.OtherSecret => ("SecretRefused", ErrorCategory.AuthenticationError, "Give both ends the same -Secret."),
        ChannelProblem.OtherProtection => ("ProtectionDiffers", ErrorCategory.AuthenticationError, "Give -Secret, or -Certificate, at both ends or at neither."),
        ChannelProblem.NotTrusted => ("CertificateNotTrusted", ErrorCategory.AuthenticationError, "Give -TrustedCertificate the certificate of the other end, or of its authority, at both ends."),
        ChannelProblem.Altered => ("MoveFailed", ErrorCategory.SecurityError, "The machine goes on at its sender. Something changes what is sent: do not trust the way."),
        _ => ("NoPeer", ErrorCategory.ConnectionError, "Check that the other end is Move-CrTask or Receive-CrMachine with the same kind of protection."),
    };
}
