using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>What commands that learn from data, or look at what was learned, have in common.</summary>
internal static class Learning
{
    /// <summary>Runs a command's work.</summary>
    /// <exception cref="RobotException">
    /// No such data (64), data or a model that cannot be used (1), settings that cannot be (78), no libtorch (69).
    /// </exception>
    public static int Run(Func<int> work)
    {
        try
        {
            return work();
        }
        catch (DirectoryNotFoundException e)
        {
            throw new RobotException(ExitCode.Usage, e.Message);
        }
        catch (InvalidDataException e)
        {
            throw new RobotException(ExitCode.FaultsFound, e.Message);
        }
        catch (ArgumentException e)
        {
            throw new RobotException(ExitCode.Config, e.Message);
        }
        catch (DllNotFoundException e)
        {
            throw new RobotException(ExitCode.Device, e.Message);
        }
    }
}
