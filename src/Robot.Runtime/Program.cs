using RobotWorldModel.Runtime.Commands;

return await CommandLine.RunAsync(args);
