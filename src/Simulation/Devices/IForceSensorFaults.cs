namespace RobotWorldModel.Simulation.Devices;

/// <summary>What can go wrong with a simulated force-torque sensor when it is asked for. Called in the cell's loop.</summary>
internal interface IForceSensorFaults
{
    /// <summary>No byte passes, in neither direction; the sensor goes on.</summary>
    void PullCable(bool pulled);

    /// <summary>Off, it is as if it were not there. On again, it has forgotten its client and its bias, and counts from 0.</summary>
    void SwitchOff(bool off);

    /// <summary>Its converter stands still: the wire carries one and the same sample.</summary>
    void Freeze(bool frozen);

    /// <summary>It says of its samples that they are wrong.</summary>
    void ReportError(bool error);

    /// <summary>The share of samples that get lost, and of those that come twice, late or broken, as its wire can have it; 0..1.</summary>
    void Disturb(double share);

    /// <summary>Besides its samples it sends what is none, as often.</summary>
    void SendGarbage(bool garbage);
}

/// <summary>How noisy a simulated sensor is; may be changed while it runs.</summary>
internal interface IForceSensorNoise
{
    /// <summary>Standard deviation of each force, N.</summary>
    double NoiseForceN { get; set; }

    /// <summary>And of each torque, N·m.</summary>
    double NoiseTorqueNm { get; set; }
}
