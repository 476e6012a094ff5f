using System.Globalization;
using System.Security.Cryptography;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>Where recordings go.</summary>
/// <param name="Folder">The data root, or the nearest folder above that is there.</param>
/// <param name="Problem">Why it cannot be written; null where it can.</param>
/// <param name="BytesPerSecond">Written and synced; NaN where it was not measured.</param>
internal sealed record DiskLook(string Root, string Folder, string? Problem, double BytesPerSecond, long FreeBytes)
{
    private const int Piece = 1 << 20, PiecesPerSync = 16, MostPieces = 512;

    /// <summary>Writes a file of random bytes for some time, syncs it as the capture log is synced, and removes it.</summary>
    /// <param name="longest">Zero: somebody records there just now, and nothing is measured.</param>
    public static DiskLook At(string root, TimeSpan longest)
    {
        root = Path.GetFullPath(root);
        string folder = root;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above)
            folder = above;
        try
        {
            long free = new DriveInfo(folder).AvailableFreeSpace;
            return new(root, folder, null, longest > TimeSpan.Zero ? Measure(folder, free, longest) : double.NaN, free);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(root, folder, e.Message.TrimEnd('.'), double.NaN, 0);
        }
    }

    private static double Measure(string folder, long free, TimeSpan longest)
    {
        byte[] piece = RandomNumberGenerator.GetBytes(Piece); // a disk that compresses must not be flattered
        int pieces = (int)Math.Clamp(free / 10 / Piece, 1, MostPieces);
        string path = Path.Combine(folder, $".robot-doctor-{Environment.ProcessId}");
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        File.Delete(path); // it lasts as long as it is open: whoever kills this leaves nothing
        long start = HostClock.NowNs, written = 0;
        for (int i = 1; i <= pieces && HostClock.NowNs - start < longest.TotalNanoseconds; i++)
        {
            RandomAccess.Write(file, piece, written);
            written += Piece;
            if (i % PiecesPerSync == 0)
                RandomAccess.FlushToDisk(file);
        }
        RandomAccess.FlushToDisk(file);
        return written * 1e9 / (HostClock.NowNs - start);
    }
}

/// <summary>What a cell's recordings need of the disk.</summary>
/// <param name="Pictures">Bytes a second of all cameras, raw.</param>
/// <param name="Assumed">Where that is from, for a person.</param>
/// <param name="NewestEpisode">Bytes a second of the newest episode of this data root; null where there is none.</param>
internal sealed record RecordingNeed(double Pictures, string Assumed, KeepLog Keep, double? NewestEpisode = null);

internal static class DiskChecks
{
    private const double Headroom = 2, ShortHours = 1;

    /// <param name="need">Null without a config.</param>
    public static void Judge(Section disk, DiskLook look, RecordingNeed? need)
    {
        if (look.Problem is { } problem)
        {
            disk.Fault("data root", $"{look.Root}: {problem}",
                "nothing can be recorded there: name another folder with --data, or give this user the right to write");
            disk.Skip("write speed", "there is nothing to write to");
            disk.Skip("room", "there is nothing to write to");
            return;
        }
        disk.Ok("data root", look.Folder == look.Root ? look.Root : $"{look.Root} can be made in {look.Folder}");
        Speed(disk, look, need);
        Room(disk, look, need);
    }

    /// <summary>Bytes a second of the newest episode; null where there is none that can be read.</summary>
    public static double? NewestEpisode(string root)
    {
        try
        {
            if (!Directory.Exists(root) || EpisodeCatalog.Find(root).MaxBy(e => Directory.GetLastWriteTimeUtc(e.Path)) is not { } newest)
                return null;
            long bytes = new DirectoryInfo(newest.Path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
            double seconds = EpisodeMetadata.Read(newest.Path).Duration;
            return seconds > 0 ? bytes / seconds : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null; // 'episodes verify' is who says what is wrong with it
        }
    }

    private static void Speed(Section disk, DiskLook look, RecordingNeed? need)
    {
        if (double.IsNaN(look.BytesPerSecond))
        {
            disk.Skip("write speed", "the service is busy with its disk, which is not disturbed");
            return;
        }
        string found = $"{Mb(look.BytesPerSecond)} MB/s";
        if (need is null)
        {
            disk.Skip("write speed", $"{found}; without a config it is not known what is needed");
            return;
        }
        double needed = RecordingRate.WhileRecording(need.Pictures);
        string of = $"this cell writes {Mb(needed)} MB/s while it records ({need.Assumed})";
        disk.Judge("write speed", $"{found}; {of}", look.BytesPerSecond < needed ? CheckState.Fault : CheckState.Warning,
            look.BytesPerSecond >= needed * Headroom ? null
                : "pictures would be dropped, and counted, when its queue is full: use a faster disk (an SSD of this computer, no "
                    + "network, no USB stick), smaller or fewer pictures");
    }

    private static void Room(Section disk, DiskLook look, RecordingNeed? need)
    {
        string free = $"{(look.FreeBytes / 1e9).ToString("0.0", CultureInfo.InvariantCulture)} GB are free";
        if (need is null)
        {
            disk.Skip("room", $"{free}; without a config it is not known how long that lasts");
            return;
        }
        double kept = need.NewestEpisode ?? RecordingRate.Kept(need.Pictures, need.Keep);
        double hours = look.FreeBytes / kept / 3600, seconds = look.FreeBytes / RecordingRate.WhileRecording(need.Pictures);
        string from = need.NewestEpisode is null ? $"estimated: {need.Assumed}" : "as much as the newest episode";
        disk.Judge("room", $"{free}: {hours.ToString(hours < 10 ? "0.0" : "0", CultureInfo.InvariantCulture)} hours of recording at "
            + $"{Mb(kept)} MB/s ({from})", seconds < Recorder.LeastSeconds ? CheckState.Fault : CheckState.Warning,
            hours >= ShortHours && seconds >= Recorder.LeastSeconds ? null
                : "make room (the trash/ folder of the data root is never emptied by itself), or name another disk with --data");
    }

    private static string Mb(double bytes) => (bytes / 1e6).ToString(bytes < 1e7 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
