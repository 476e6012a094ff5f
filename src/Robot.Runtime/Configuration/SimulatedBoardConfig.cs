using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Scene;
using RobotWorldModel.Vision.Boards;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>A calibration board in the simulated cell, as <c>calibrate camera</c> describes it.</summary>
public sealed class SimulatedBoardConfig
{
    [AllowedValues(BoardSpec.Charuco, BoardSpec.AprilTag)]
    public string Kind { get; set; } = BoardSpec.Charuco;

    /// <summary>Squares, or tags.</summary>
    [Range(1, 40)]
    public int Columns { get; set; } = 7;

    [Range(1, 40)]
    public int Rows { get; set; } = 5;

    /// <summary>Edge of a square, of a ChArUco board, m.</summary>
    [Range(0.002, 1.0)]
    public double Square { get; set; } = 0.03;

    /// <summary>Edge of a marker, or of a tag, m.</summary>
    [Range(0.001, 2.0)]
    public double Marker { get; set; } = 0.022;

    /// <summary>White between two tags, m.</summary>
    [Range(0.0, 1.0)]
    public double Gap { get; set; } = 0.02;

    [AllowedValues("4x4", "5x5", "6x6")]
    public string Dictionary { get; set; } = "4x4";

    [AllowedValues("base", "flange")]
    public string MountedOn { get; set; } = "base";

    /// <summary>
    /// The board's frame (in the middle of the print, x right, y up, z towards who looks at it) in what it is mounted on: m, rotation
    /// vector in rad.
    /// </summary>
    [Required, Length(6, 6)]
    public double[] Pose { get; set; } = [];

    /// <exception cref="ArgumentException">Sizes that make no board.</exception>
    internal CellBoard ToBoard() => new(
        new BoardSpec(Kind, Columns, Rows, Square, Marker, Gap, Dictionary).ToBoard(), MountedOn == "flange",
        Drivers.Geometry.Pose.FromVector(new(Pose)));
}
