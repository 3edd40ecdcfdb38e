/**
 * Functions of arrays as native programs; the only place that knows the engine's internals.
 *
 * <p>{@link gebm.trace.Program} runs a function written against {@code NDArray} as one TorchScript program;
 * {@link gebm.trace.Gradients} differentiates inside programs, any number of times; {@link gebm.trace.Loop} repeats
 * inside a program, {@link gebm.trace.Watch} shows and stops it; {@link gebm.trace.Ops} has what {@code NDArray}
 * lacks, {@link gebm.trace.Special} special functions and {@link gebm.trace.Linalg} linear algebra; {@link
 * gebm.trace.Network} makes a DJL block a function with parameters of its own.
 *
 * <p>How it works: {@code Recorder} hands out recording arrays (proxies, whose methods have a row each in
 * {@code Operations}; OPERATIONS.md lists them) and writes what they do into frames; the finished {@code Graph} is
 * immutable and passes make new ones: {@code Derivatives} writes gradients out where every operation has a rule and
 * leaves the others to the engine, {@code Folding} and {@code Hoisting} save work, dead code goes; {@code Printer}
 * writes the graph as text and {@code Executable} loads and calls it.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var slope = gebm.trace.Program.of(x -> gebm.trace.Gradients.gradient(y -> y.square(), x));
 *     float six = slope.run(scope.create(new float[] {3})).getFloat(0);
 * }
 * }</pre>
 */
package gebm.trace;
