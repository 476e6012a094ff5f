using System.Net.Sockets;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Commands;

/// <summary>Commands to a running service, in this process: a claim and a core that the tests hold stand for it.</summary>
[Collection(RuntimeFolderCollection.Name)]
public sealed class ServiceCommandTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private readonly string? _before = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
    private FakeCore? _core;
    private ServiceFile? _claim;

    private string Config => _folder["cell.yaml"];

    private string Data => _folder["data"];

    public Task InitializeAsync()
    {
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _folder.Path);
        File.WriteAllText(Config, "cell: told\nrobot: {host: h}\n");
        _claim = ServiceFile.Claim(new("told", Environment.ProcessId, "http://127.0.0.1:1/", CellConfig.Load(Config).Hash,
            ServiceInfo.RootOf(Data), RuntimeFolder.CoreSocket("told")));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_core is not null)
            await _core.DisposeAsync();
        _claim?.Dispose();
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _before);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_service_that_has_only_just_claimed_its_cell_is_waited_for()
    {
        var stopped = CommandLine.RunAsync(["stop", "--config", Config]);
        await Task.Delay(300);
        Assert.False(stopped.IsCompleted);
        StartCore();
        Assert.Equal(ExitCode.Done, await stopped.WaitAsync(s_patience));
        Assert.Contains(_core!.Requests, r => r.Method == CoreMethods.Stop);
    }

    [Fact]
    public async Task One_that_has_closed_its_socket_and_ends_is_no_service_any_more()
    {
        var asked = CommandLine.RunAsync(["status", "--config", Config]);
        await Task.Delay(300);
        LetGo();
        Assert.Equal(ExitCode.Device, await asked.WaitAsync(s_patience));
    }

    [Fact]
    public async Task Shutdown_returns_when_another_service_can_start()
    {
        StartCore();
        var ended = CommandLine.RunAsync(["shutdown", "--config", Config]);
        Eventually.True(() => _core!.Requests.Any(r => r.Method == CoreMethods.Shutdown), "core is told");
        await _core!.DisposeAsync();
        await Task.Delay(300);
        Assert.False(ended.IsCompleted); // the cell is still claimed
        LetGo();
        Assert.Equal(ExitCode.Done, await ended.WaitAsync(s_patience));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("status", "--watch")]
    [InlineData("status", "--json")]
    public async Task A_core_that_closes_before_its_first_status_is_gone(params string[] command)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(RuntimeFolder.CoreSocket("told")));
        listener.Listen();
        var asked = CommandLine.RunAsync([.. command, "--config", Config]);
        using (Socket core = await listener.AcceptAsync())
        {
            await core.ReceiveAsync(new byte[1000]);
            if (!command.Contains("--json"))
                await core.SendAsync("{\"id\":1,\"result\":{}}\n"u8.ToArray()); // it has subscribed
        }
        Assert.Equal(ExitCode.Device, await asked.WaitAsync(s_patience));
    }

    [Fact]
    public async Task Watching_says_when_the_service_goes()
    {
        StartCore();
        var watched = CommandLine.RunAsync(["status", "--watch", "--config", Config]);
        await Task.Delay(500);
        Assert.False(watched.IsCompleted);
        await _core!.DisposeAsync();
        Assert.Equal(ExitCode.Device, await watched.WaitAsync(s_patience));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("/", true)]
    [InlineData("/../data//", true)]
    [InlineData("2", false)]
    public async Task A_data_root_is_the_same_however_it_is_written(string more, bool same)
    {
        StartCore();
        var config = CellConfig.Load(Config);
        if (same)
            await (await ServiceConnection.OpenAsync(config, Data + more, insist: true, default)).DisposeAsync();
        else
            Assert.Equal(ExitCode.Config, (await Assert.ThrowsAsync<RobotException>(
                () => ServiceConnection.OpenAsync(config, Data + more, insist: true, default))).Code);
    }

    private void StartCore() => _core = new(RuntimeFolder.CoreSocket("told"), Data, _folder.Path);

    private void LetGo()
    {
        _claim!.Dispose();
        _claim = null;
    }
}

/// <summary>Tests that set, or rely on, the runtime folder of this process.</summary>
[CollectionDefinition(Name)]
public sealed class RuntimeFolderCollection
{
    public const string Name = "runtime folder";
}
