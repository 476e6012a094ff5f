using System.Net.Sockets;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Protocol;

public sealed class CoreClientTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public CoreClientTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_folder["core.sock"]));
        _listener.Listen();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"id\":1,\"resu")]
    [InlineData("no JSON\n")]
    public async Task Whoever_waits_for_a_core_that_dies_is_told(string lastWords)
    {
        await using CoreClient client = await CoreClient.ConnectAsync(_folder["core.sock"]);
        using Socket core = await _listener.AcceptAsync();
        var call = client.CallAsync(CoreMethods.Status);
        await core.ReceiveAsync(new byte[1000]);
        await core.SendAsync(System.Text.Encoding.UTF8.GetBytes(lastWords));
        core.Dispose();
        var e = await Assert.ThrowsAsync<RobotException>(() => call.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(ExitCode.Device, e.Code);
        Assert.True(client.Closed.IsCompleted);
        await Assert.ThrowsAsync<RobotException>(() => client.CallAsync(CoreMethods.Status).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Dispose();
    }
}
