using System.Net;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>What a desk serves and whom it talks to.</summary>
/// <param name="Listen">Address and port of the HTTP API and dashboard; port 0 takes a free one.</param>
/// <param name="CoreSocket">Core's Unix socket.</param>
/// <param name="Data">The data root; episodes lie in its <c>demonstrations</c>.</param>
/// <param name="RuntimeFolder">Where core keeps its preview slots.</param>
/// <param name="Config">The config's path as a person would type it; only the page's hints name it.</param>
/// <param name="Runs">Folder whose training runs are shown, those of folders in it too.</param>
public sealed record DeskOptions(
    string Listen, string CoreSocket, string Data, string RuntimeFolder, string Config = "hardware-configs/sim-cell.yaml",
    string Runs = "runs")
{
    /// <exception cref="DeskException">The address cannot be understood.</exception>
    internal IPEndPoint EndPoint => ListenAddressAttribute.Parse(Listen) ?? throw new DeskException(
        78, $"desk: cannot listen on '{Listen}'. Write an IP address and a port in service.listen: 127.0.0.1:8080");
}

/// <summary>The desk cannot start, or cannot answer; the message is for a person.</summary>
/// <param name="exitCode">What a command should end with: design.md's exit codes.</param>
public sealed class DeskException(int exitCode, string message, Exception? cause = null) : Exception(message, cause)
{
    public int ExitCode { get; } = exitCode;
}
