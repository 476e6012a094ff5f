using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

/// <summary>
/// Whatever bytes come, the reader says what is wrong, connects again, and reads on when the controller speaks properly.
/// </summary>
public class RtdeHostileTests
{
    [Fact]
    public void Reading_allocates_nothing()
    {
        // faster than real: stamps a tenth of a millisecond apart are one cycle each
        using var controller = new HostileController { PaceMs = 0, Timestamp = n => n < 1_000_000 ? 100 + n * 1e-5 : null };
        using var arm = new UrArm(controller.Options());
        var queue = arm.States.Subscribe(64);
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 1000, "data");
        Assert.Equal(0, Allocations.Least(() =>
        {
            long before = arm.ReaderAllocatedBytes, received = arm.States.Counters.Received;
            Assert.True(before > 0);
            Eventually.True(() => arm.States.Counters.Received > received + 8000, "8000 packages");
            return arm.ReaderAllocatedBytes - before;
        }));
        Assert.True(queue.Overrun > 0, "a queue that nobody reads holds nothing up");
    }

    [Fact]
    public void Mutated_conversations_end_in_a_new_connection_and_at_last_in_data()
    {
        var random = new Random(7);
        using var controller = new HostileController();
        controller.Mutate = (package, place) => controller.Connections > 150 || random.Next(8) != 0 ? package : random.Next(6) switch
        {
            0 => null,
            1 => package[..random.Next(package.Length)],
            2 => [0, (byte)random.Next(3), (byte)'U'],
            3 => [.. package[..2], (byte)random.Next(256), .. package[3..]],
            4 => RandomBytes(random, random.Next(1, 300)),
            _ => [(byte)random.Next(256), (byte)random.Next(256), .. package[2..]],
        };
        // an honest part of the conversations ends by itself, so that data packages are mutated, too
        controller.Timestamp = n => controller.Connections > 150 || n < 20 ? 100 + controller.Connections + n * 0.002 : null;
        controller.PaceMs = 1;
        UrArmOptions options = controller.Options();
        options.ClaimInputs = true;
        using var arm = new UrArm(options);
        arm.Start();
        IArmControl control = arm;
        Eventually.True(() =>
        {
            control.Send(ArmMode.Hold, new Vector6(1, 2, 3, 4, 5, 6), default);
            return controller.Connections > 150;
        }, "150 conversations", 120);
        long received = arm.States.Counters.Received;
        Eventually.True(() => arm.Status.Connected && arm.States.Counters.Received > received + 200, "data at last");
    }

    [Fact]
    public void Random_bytes_are_not_taken_for_a_controller()
    {
        var random = new Random(11);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var arm = new UrArm(new()
        {
            Host = "127.0.0.1",
            RtdePort = port,
            DashboardPort = 1,
            PrimaryPort = port,
            ReplyTimeoutMs = 100,
            LongestWaitMs = 50,
        });
        arm.Start();
        for (int n = 0; n < 30; n++)
        {
            Eventually.True(listener.Pending, "it connects again");
            using Socket socket = listener.AcceptSocket();
            socket.Send(RandomBytes(random, random.Next(1, 5000)));
        }
        Eventually.True(() => arm.Status.Message.Contains($"127.0.0.1"), "a message");
        Assert.False(arm.Status.Connected);
        Assert.Equal(0, arm.States.Counters.Received);
    }

    [Theory]
    [InlineData("actual_q", "INT32", "RTDE field 'actual_q' is of type INT32, VECTOR6D was expected")]
    [InlineData("payload", "VECTOR3D", "RTDE field 'payload' is of type VECTOR3D, DOUBLE was expected")]
    [InlineData("robot_mode", "FLOAT", "RTDE type 'FLOAT' is not in the guide")]
    [InlineData("timestamp", "NOT_FOUND", "'timestamp' (NOT_FOUND)")]
    [InlineData("target_q", "VECTOR6D,DOUBLE", "34 fields, the controller answered with 35 types")]
    [InlineData("target_q", "IN_USE", "RTDE field 'target_q' is of type IN_USE")]
    public void A_recipe_that_cannot_be_is_refused(string field, string type, string expected)
    {
        using var controller = new HostileController { TypeOf = name => name == field ? type : HostileController.RightType(name) };
        Says(controller, expected);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1.0)]
    [InlineData(1e300)]
    public void A_timestamp_that_cannot_be_is_refused(double stamp)
    {
        using var controller = new HostileController { Timestamp = _ => stamp };
        Says(controller, "which no controller's clock shows");
        Assert.True(controller.Connections > 0);
    }

    [Fact]
    public void A_data_package_of_another_length_ends_the_connection()
    {
        using var controller = new HostileController
        {
            Mutate = (package, _) =>
                package[2] == 'U' ? RtdeWire.Package(RtdePackage.Data, package.AsSpan(3, package.Length - 4)) : package,
        };
        Says(controller, "bytes, ");
    }

    [Fact]
    public void Text_without_data_is_silence()
    {
        using var controller = new HostileController
        {
            Mutate = (package, _) =>
                package[2] == 'U' ? RtdeWire.Package(RtdePackage.TextMessage, [2, (byte)'h', (byte)'i', 0, 3]) : package,
        };
        Says(controller, "has gone silent");
    }

    [Fact]
    public void Stamps_that_jump_begin_new_epochs_but_time_runs_on()
    {
        var random = new Random(3);
        using var controller = new HostileController
        {
            PaceMs = 1,
            Timestamp = n => n % 50 == 0 ? random.NextDouble() * 1e6 : 2e6 + n * 0.002,
        };
        using var arm = new UrArm(controller.Options());
        var queue = arm.States.Subscribe(4096);
        arm.Start();
        Eventually.True(() => arm.States.Counters.Received > 300, "data");
        Assert.True(arm.ClockEpochs > 3);
        long sequence = -1, time = long.MinValue;
        while (queue.TryDequeue(out var sample))
        {
            Assert.True(sample.Sequence > sequence && sample.OriginatingNs > time);
            (sequence, time) = (sample.Sequence, sample.OriginatingNs);
        }
        Assert.InRange(arm.States.Counters.Lost, 0, 1_000_000);
    }

    [Fact]
    public void The_primary_interface_reads_any_bytes()
    {
        var random = new Random(5);
        int states = 0;
        for (int n = 0; n < 20_000; n++)
        {
            byte[] bytes = RandomBytes(random, random.Next(700));
            if (n % 2 == 0 && bytes.Length > 5) // sizes that make sense more often
                (bytes[0], bytes[1], bytes[2]) = (0, 0, (byte)random.Next(2));
            _ = PrimaryWire.ReadMessage(bytes, 0);
            _ = PrimaryWire.ReadCalibration(bytes);
            _ = PrimaryWire.ReadRobotType(bytes);
            ReadOnlySpan<byte> state = bytes;
            try
            {
                while (PrimaryWire.NextPart(ref state, out _, out _))
                    states++;
            }
            catch (InvalidDataException)
            {
                // said, not crashed
            }
        }
        Assert.True(states > 0);
    }

    private static void Says(HostileController controller, string expected)
    {
        using var arm = new UrArm(controller.Options());
        arm.Start();
        Eventually.True(() => arm.Status.Message.Contains(expected), $"{expected}; it says: {arm.Status.Message}");
    }

    private static byte[] RandomBytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
