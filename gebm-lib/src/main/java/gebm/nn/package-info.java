/**
 * Networks as DJL blocks, without probability: {@link gebm.nn.Mlp} builds perceptrons, {@link gebm.nn.ConvNet}
 * and {@link gebm.nn.ResNet} the paper's pairs for images, {@link gebm.nn.FourierFeatures} a first layer of waves. Any other DJL block serves as well; {@link gebm.trace.Network} gives it parameters and runs it.
 *
 * <pre>{@code
 * var block = gebm.nn.Mlp.of(2, 64, 1);
 * var network = gebm.trace.Network.of(block, new ai.djl.ndarray.types.Shape(2), gebm.core.Rng.of(1));
 * long count = network.parameters().stream().mapToLong(ai.djl.ndarray.NDArray::size).sum(); // 257
 * }</pre>
 */
package gebm.nn;
