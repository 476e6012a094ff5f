using RobotWorldModel.WorldModel.Rssm;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RobotWorldModel.WorldModel.TdMpc2;

/// <summary>
/// Observation → z [B, L]. Vectors, and what convolutions make of each picture, are one input with their masks; what is missing counts as
/// zeros, as in an RSSM's encoder. The pictures are not shifted at random in training, as the reference's are.
/// </summary>
internal sealed class TdMpc2Encoder : Module
{
    private readonly ModelShape _shape;
    private readonly List<Sequential> _images = [];
    private readonly Sequential _all;

    internal TdMpc2Encoder(TdMpc2Config config, ModelShape shape) : base(nameof(TdMpc2Encoder))
    {
        _shape = shape;
        var inputs = shape.Vectors.Sum(vector => vector.Size + 1);
        foreach (var image in shape.Images)
        {
            var net = Rssm.Encoder.Convolutions(config.ImageDepth, Activation.Mish, image);
            _images.Add(net);
            register_module(image.Name, net);
            inputs += Rssm.Encoder.ImageEmbedding(config.ImageDepth, image) + 1;
        }
        register_module("all", _all = NormedMlp.Simplex(inputs, config.Encoder, config.Latent, config.Group));
    }

    internal Tensor Encode(Observations o)
    {
        var parts = new List<Tensor>(Rssm.Encoder.MaskedVectors(_shape, o, symlog: false));
        for (var i = 0; i < _images.Count; i++)
            parts.AddRange(Rssm.Encoder.MaskedImage(_images[i], o, _shape.Images[i].Name));
        return _all.call(cat([.. parts], -1));
    }
}
