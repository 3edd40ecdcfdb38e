/**
 * Networks, without probability: {@link gebm.nn.Network} makes any DJL block a function with parameters of its own,
 * {@link gebm.nn.Mlp} builds perceptrons.
 *
 * <pre>{@code
 * var block = gebm.nn.Mlp.of(2, 64, 1);
 * var network = gebm.nn.Network.of(block, new ai.djl.ndarray.types.Shape(2), gebm.core.Rng.of(1));
 * long count = network.parameters().stream().mapToLong(ai.djl.ndarray.NDArray::size).sum(); // 257
 * }</pre>
 */
package gebm.nn;
