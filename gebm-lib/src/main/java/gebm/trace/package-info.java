/**
 * Functions of arrays as native programs; the only place that knows the engine's internals.
 *
 * <h2>Why</h2>
 *
 * <p>DJL's arrays are the language in which energies, generators and losses are written here. Run one operation at a
 * time they cannot carry this library: {@code x.mul(3)} can hand back a wrong gradient, silently, when a garbage
 * collection comes in between; second derivatives leak; one gradient collector exists in the whole JVM; operations are
 * missing; and every small operation is a call into native code. So a function of arrays is written down once and runs
 * as one program.
 *
 * <h2>How</h2>
 *
 * <p><img src="doc-files/program.svg" width="960" height="300" alt="A function is recorded once for each combination of
 * shapes; the record is a graph; passes rewrite the graph; it is printed as a TorchScript program, which later calls
 * run">
 *
 * <p>{@link gebm.trace.Program} calls the function once for each combination of shapes, types and device, with arrays
 * that have no values and record what is done to them. The record is an immutable graph. Passes make new graphs: {@code
 * Derivatives} writes gradients and tangents as plain operations by {@code Rules}, {@code Merging} computes common
 * subexpressions once, {@code Folding}, {@code Hoisting} and {@code Convolutions} save work, dead code goes. {@code
 * Printer} writes the graph as text, and {@code Executable} loads and calls it. Everything that a program does besides
 * is in the classes that users see:
 *
 * <ul>
 *   <li>{@link gebm.trace.Gradients}: value and gradient, products with Jacobians and Hessians, traces, gradients per
 *       sample; each may stand in a function that is differentiated again.
 *   <li>{@link gebm.trace.Loop}: loops with a state, outputs of every step and an early stop; {@link gebm.trace.LongLoop}
 *       and {@link gebm.trace.Watch} show and stop them from outside.
 *   <li>{@link gebm.trace.Ops}, {@link gebm.trace.Special}, {@link gebm.trace.Linalg}: what {@code NDArray} lacks;
 *       {@link gebm.trace.InPlace}: updates of parameters and counters.
 *   <li>{@link gebm.trace.Network}: a DJL block as a function with parameters of its own; {@link
 *       gebm.trace.TorchScript}: a network from a file of Python's, as it is.
 *   <li>{@link gebm.trace.ProgramGraph}: what a program does, to look at.
 * </ul>
 *
 * <h2>What holds</h2>
 *
 * <ul>
 *   <li><b>Never silently wrong.</b> What cannot be recorded (reading a value, a branch on one, a shape that depends on
 *       values) is an {@code UnsupportedOperationException} that names the operation, your line and what to write
 *       instead. {@code gebm-lib/OPERATIONS.md} lists every method of {@code NDArray} with its answer.
 *   <li><b>Parameters are inputs.</b> Arrays of the function's surroundings are read anew at each call, so a program
 *       sees training. An array made inside is a constant.
 *   <li><b>Derivatives by rules, else by the engine.</b> A gradient whose operations all have rules is plain
 *       operations; otherwise the engine's autograd takes it, inside the program, with the same result.
 *       {@link gebm.trace.Program#explain} says which, and because of which operation.
 *   <li><b>Same key, same bits</b>, inside and outside of programs, whatever runs beside.
 *   <li><b>No state of the engine changes</b> by a call, several threads may call one program, and the memory of a
 *       program goes with it.
 *   <li><b>Cost.</b> Recording and loading a small network's gradient takes 3 to 10 ms, once; a call 6 µs and 0.35 µs
 *       more for each array.
 * </ul>
 *
 * <h2>Five examples</h2>
 *
 * <p>A function of points becomes a program at its first call:
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var well = gebm.trace.Program.of(x -> x.square().sub(1).square().sum(new int[] {1}));
 *     float energy = well.run(scope.create(new float[][] {{0, 2}})).getFloat(0); // 1 + 9
 * }
 * }</pre>
 *
 * <p>Value and gradient, on ordinary arrays or inside another program:
 *
 * <pre>{@code
 * java.util.function.UnaryOperator<ai.djl.ndarray.NDArray> cube = x -> x.pow(3);
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var both = gebm.trace.Gradients.valueAndGradient(cube, scope.create(new float[] {2}));
 *     float value = both.value().getFloat(0); // 8
 *     float slope = both.gradient().getFloat(0); // 12
 * }
 * }</pre>
 *
 * <p>Transforms compose: the gradient of a squared gradient, and the curvature along a direction:
 *
 * <pre>{@code
 * java.util.function.UnaryOperator<ai.djl.ndarray.NDArray> cube = x -> x.pow(3);
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var x = scope.create(new float[] {2});
 *     var penalty = gebm.trace.Program.of(
 *             at -> gebm.trace.Gradients.gradient(y -> gebm.trace.Gradients.gradient(cube, y).square(), at));
 *     float slope = penalty.run(x).getFloat(0); // d(9x⁴)/dx = 36·8
 *     float curvature = gebm.trace.Gradients.hessianVector(cube, x, scope.ones(x.getShape())).getFloat(0); // 12
 * }
 * }</pre>
 *
 * <p>A loop with draws and an early stop is one native call:
 *
 * <pre>{@code
 * var walk = gebm.trace.Program.ofRandom((scope, in, rng) -> {
 *     var result = gebm.trace.Loop.scan(0, 100, in, (state, step) -> {
 *         var noise = step.fork(rng).normal(scope, state.head().getShape());
 *         var next = state.head().mul(0.9).add(noise.mul(0.1));
 *         step.stopIf(next.abs().max().gt(5));
 *         return new gebm.trace.Loop.Result(new ai.djl.ndarray.NDList(next), new ai.djl.ndarray.NDList(next));
 *     });
 *     return result.outputs();
 * });
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var start = new ai.djl.ndarray.NDList(scope.zeros(new ai.djl.ndarray.types.Shape(8)));
 *     var path = walk.run(scope, start, gebm.core.Rng.of(1)).head(); // (100, 8)
 * }
 * }</pre>
 *
 * <p>A program can be read, and kept in a file that Python opens with {@code torch.jit.load}:
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var slope = gebm.trace.Program.of(x -> gebm.trace.Gradients.gradient(y -> y.sin().mul(y), x));
 *     slope.run(scope.create(new float[] {1}));
 *     System.out.println(slope.explain()); // operations with shapes, types and lines; "gradient ...: by rules"
 *     var file = java.nio.file.Files.createTempFile("slope", ".pt");
 *     slope.save(file);
 *     float same = gebm.trace.Program.load(file).run(scope.create(new float[] {1})).getFloat(0);
 * }
 * }</pre>
 */
package gebm.trace;
