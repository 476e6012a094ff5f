using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RobotWorldModel.WorldModel.Rssm;

/// <summary>
/// Observation → e [B, E]. A modality that is missing in a frame counts as zeros, and the encoder is told by a mask: what is not known
/// is neither guessed nor repeated.
/// </summary>
internal sealed class Encoder : Module
{
    private readonly RssmConfig _config;
    private readonly ModelShape _shape;
    private readonly Sequential? _vectors;
    private readonly List<Sequential> _images = [];

    internal Encoder(RssmConfig config, ModelShape shape) : base(nameof(Encoder))
    {
        (_config, _shape) = (config, shape);
        if (shape.Vectors.Count > 0)
        {
            var inputs = shape.Vectors.Sum(vector => vector.Size) + shape.Vectors.Count;
            _vectors = Mlp.Of(config, inputs, config.Vectors, config.VectorEmbedding);
            register_module("vectors", _vectors);
            Embedding += config.VectorEmbedding;
        }
        foreach (var image in shape.Images)
        {
            var net = Convolutions(config.ImageDepth, config.Activation, image);
            _images.Add(net);
            register_module(image.Name, net);
            Embedding += ImageEmbedding(config.ImageDepth, image) + 1;
        }
    }

    /// <summary>Size E of the embedding.</summary>
    internal int Embedding { get; }

    /// <summary>Vectors [B, size], pictures [B, C, side, side], masks [B] of ones and zeros.</summary>
    internal Tensor Encode(Observations o)
    {
        var parts = new List<Tensor>();
        if (_vectors is not null)
            parts.Add(_vectors.call(cat([.. MaskedVectors(_shape, o, _config.Symlog)], -1)));
        for (var i = 0; i < _images.Count; i++)
            parts.AddRange(MaskedImage(_images[i], o, _shape.Images[i].Name));
        return cat([.. parts], -1);
    }

    /// <summary>Each vector, zeros where it is missing, and behind it its mask.</summary>
    internal static IEnumerable<Tensor> MaskedVectors(ModelShape shape, Observations o, bool symlog)
    {
        foreach (var vector in shape.Vectors)
        {
            var mask = o.Masks[vector.Name].unsqueeze(-1);
            var x = o.Vectors[vector.Name];
            yield return (symlog ? Transforms.Symlog(x) : x) * mask;
            yield return mask;
        }
    }

    /// <summary>What convolutions make of a picture, zeros where it is missing, and its mask.</summary>
    internal static IEnumerable<Tensor> MaskedImage(Sequential net, Observations o, string name)
    {
        var mask = o.Masks[name].unsqueeze(-1);
        return [net.call(o.Images[name]) * mask, mask];
    }

    internal static int Layers(ImageShape image)
    {
        var layers = System.Numerics.BitOperations.Log2((uint)image.Side) - 2;
        return image.Side >= 16 && System.Numerics.BitOperations.IsPow2(image.Side)
            ? layers
            : throw new ArgumentException(
                $"Pictures of '{image.Name}' have {image.Side} pixels a side; a power of two of at least 16 is needed.");
    }

    internal static int ImageEmbedding(int depth, ImageShape image) => depth * (1 << (Layers(image) - 1)) * 16;

    /// <summary>Halved until it is 4 by 4, the channels doubled each time (DreamerV3's encoder).</summary>
    /// <param name="depth">Channels of the first layer.</param>
    internal static Sequential Convolutions(int depth, Activation activation, ImageShape image)
    {
        var parts = new List<(string, Module<Tensor, Tensor>)>();
        var (inputs, outputs) = (image.Channels, depth);
        for (var i = 0; i < Layers(image); i++, (inputs, outputs) = (outputs, outputs * 2))
        {
            parts.Add(($"conv{i}", Conv2d(inputs, outputs, 4, stride: 2, padding: 1)));
            parts.Add(($"act{i}", Mlp.Act(activation)));
        }
        parts.Add(("flat", Flatten()));
        return Sequential(parts);
    }
}

/// <summary>z → what the model expects to see: each vector [B, size] and picture [B, C, side, side].</summary>
internal sealed class Decoder : Module
{
    private readonly ModelShape _shape;
    private readonly Sequential? _vectors;
    private readonly List<Sequential> _images = [];

    internal Decoder(RssmConfig config, ModelShape shape) : base(nameof(Decoder))
    {
        _shape = shape;
        if (shape.Vectors.Count > 0)
        {
            _vectors = Mlp.Of(config, config.Features, config.Vectors, shape.Vectors.Sum(vector => vector.Size));
            register_module("vectors", _vectors);
        }
        foreach (var image in shape.Images)
        {
            var net = Deconvolutions(config, image);
            _images.Add(net);
            register_module(image.Name, net);
        }
    }

    internal IEnumerable<(string Name, Tensor Expected)> Vectors(Tensor features)
    {
        if (_vectors is null)
            yield break;
        var all = _vectors.call(features).split([.. _shape.Vectors.Select(vector => (long)vector.Size)], -1);
        for (var i = 0; i < all.Length; i++)
            yield return (_shape.Vectors[i].Name, all[i]);
    }

    internal IEnumerable<(string Name, Tensor Expected)> Images(Tensor features)
    {
        for (var i = 0; i < _images.Count; i++)
            yield return (_shape.Images[i].Name, _images[i].call(features));
    }

    private static Sequential Deconvolutions(RssmConfig config, ImageShape image)
    {
        var layers = Encoder.Layers(image);
        var channels = config.ImageDepth * (1 << (layers - 1));
        var parts = new List<(string, Module<Tensor, Tensor>)>
        {
            ("dense", Linear(config.Features, channels * 16)),
            ("grid", Unflatten(-1, [channels, 4, 4])),
        };
        for (var i = 0; i < layers; i++, channels /= 2)
        {
            var last = i == layers - 1;
            parts.Add(($"deconv{i}", ConvTranspose2d(channels, last ? image.Channels : channels / 2, 4, stride: 2, padding: 1)));
            if (!last)
                parts.Add(($"act{i}", Mlp.Act(config.Activation)));
        }
        return Sequential(parts);
    }
}
