/**
 * What every package needs: {@link gebm.core.Rng} keys, {@link gebm.core.Schedule}s, {@link gebm.core.Trainable}
 * things with their {@link gebm.core.Parts} and {@link gebm.core.Weights}, {@link gebm.core.Recipe}s of values as JSON,
 * argument checks, how runs report and end, and {@link gebm.core.WholeFile}s.
 *
 * <pre>{@code
 * var rng = gebm.core.Rng.of(7);
 * int[] order = rng.fork("shuffle").permutation(10);
 * double rate = gebm.core.Schedule.stepDecay(1e-2, 0.1, 200).at(250); // 1e-3
 * }</pre>
 */
package gebm.core;
