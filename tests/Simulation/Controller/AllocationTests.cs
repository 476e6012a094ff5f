using System.Net.Sockets;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

public class AllocationTests
{
    [Fact]
    public void A_cycle_allocates_nothing_whoever_listens()
    {
        using var bench = new ControllerBench();
        using var rtde = RtdeClient.Connect(bench.Host);
        rtde.Outputs("timestamp,actual_q");
        rtde.Start();
        using var realTime = new ScriptClient(bench.Host, 30003);
        using var primary = ScriptClient.Connect(bench.Host);
        using var dashboard = DashboardClient.Connect(bench.Host);
        bench.TakeOver();
        byte[] rest = new byte[1 << 20];
        long bytes = Allocations.OfOneRound(() =>
        {
            for (int n = 0; n < 10; n++)
            {
                foreach (Socket socket in (ReadOnlySpan<Socket>)[rtde.Socket, realTime.Socket, primary.Socket])
                    while (socket.Available > 0)
                        socket.Receive(rest, SocketFlags.None, out _);
                bench.Step(50);
            }
        });
        Assert.Equal(0, bytes);
    }
}
