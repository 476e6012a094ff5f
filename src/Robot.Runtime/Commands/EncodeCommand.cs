using System.CommandLine;
using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot encode: makes an episode of one recording's folder; core starts it, niced, and reads its lines.</summary>
internal static class EncodeCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "demo_NNN.recording" };
        var command = new Command("encode", "Makes an episode of a recording; core starts it.") { folder };
        command.Hidden = true;
        command.SetAction((parsed, cancel) =>
        {
            RealTime.LowerProcess();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            ChildProcess.WhenParentEnds(ended.Cancel);
            return Task.FromResult(Run(parsed.GetValue(folder)!, ended.Token));
        });
        return command;
    }

    /// <exception cref="RobotException">The disk is full or failed (74), or the log is damaged from its start (1).</exception>
    private static int Run(string folder, CancellationToken cancel)
    {
        try
        {
            var episode = EpisodeEncoder.FindCommitted(folder) ?? Encode(folder, cancel);
            Say(new(1, episode.Metadata?.Frames ?? 0, episode.StaleRows, "committed", Summaries.Of(episode)));
            DatasetIndex.RefreshAfter(folder, Console.Error.WriteLine);
            return ExitCode.Done;
        }
        catch (DamagedLogException e)
        {
            throw new RobotException(ExitCode.FaultsFound, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new RobotException(ExitCode.Disk, $"{folder}: {e.Message}");
        }
    }

    /// <summary>Lets go of the folder before anybody hears of the episode.</summary>
    private static EncodedEpisode Encode(string folder, CancellationToken cancel)
    {
        using var encoder = new EpisodeEncoder(folder, p => Say(new(p.Share, p.Rows, p.StaleRows, p.Doing)));
        return encoder.Run(cancel);
    }

    private static void Say(EncoderLine line) => Console.WriteLine(JsonSerializer.Serialize(line, ProtocolJson.Lenient));
}
