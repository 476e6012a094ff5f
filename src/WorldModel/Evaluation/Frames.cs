using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>A modality's normalised frames, brought back.</summary>
internal static class Frames
{
    /// <summary>To the modality's own unit: vectors as their columns, colour 0 … 1, depth in m.</summary>
    /// <param name="normal">[N, D]; colour in planes.</param>
    /// <param name="raw">As long.</param>
    public static void ToUnits(Modality modality, Normaliser normaliser, ReadOnlySpan<float> normal, Span<float> raw)
    {
        if (modality.Kind != ModalityKind.Color)
        {
            normaliser.Invert(normal, raw);
            return;
        }
        int plane = modality.Side * modality.Side;
        for (int i = 0; i < normal.Length; i++)
        {
            int channel = i / plane % normaliser.Size;
            raw[i] = (float)(normal[i] / normaliser.Scale[channel] + normaliser.Offset[channel]);
        }
    }

    /// <summary>To 0 … 1 as pictures are shown and compared; depth as a share of the farthest point seen in training.</summary>
    public static void ToShown(Modality modality, Normaliser normaliser, ReadOnlySpan<float> normal, Span<float> shown)
    {
        if (modality.Kind == ModalityKind.Color)
            ToUnits(modality, normaliser, normal, shown);
        else
            normal.CopyTo(shown);
        for (int i = 0; i < shown.Length; i++)
            shown[i] = Math.Clamp(shown[i], 0, 1);
    }
}
