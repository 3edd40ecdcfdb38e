/**
 * The two halves and the whole: {@link gebm.model.Energy}, {@link gebm.model.Base} (with {@link
 * gebm.model.LatentBase} and {@link gebm.model.DensityBase}) and {@link gebm.model.Gebm}. A {@link gebm.model.Target} is
 * an energy of which everything is known, to measure samplers against; {@link gebm.model.Targets} has the usual ones.
 *
 * <p>A base may be trained here ({@link gebm.model.LatentBase#pushForward}), or be there already: a generator in a file of
 * Python's ({@link gebm.model.LatentBase#scripted}), a DJL block with its values ({@link gebm.model.LatentBase#fixed}), or
 * nothing but samples ({@link gebm.model.LatentBase#ofSamples}).
 *
 * <p>Names in the paper and its reference code, and ours:
 *
 * <table>
 * <caption>Names</caption>
 * <tr><th>paper</th><th>reference code</th><th>here</th></tr>
 * <tr><td>G, B</td><td>generator</td><td>base</td></tr>
 * <tr><td>E</td><td>discriminator</td><td>energy</td></tr>
 * <tr><td>A, c</td><td>log_partition</td><td>logPartition</td></tr>
 * <tr><td>β</td><td>temperature</td><td>inverseTemperature</td></tr>
 * <tr><td>λ</td><td>lmc_gamma; ULA there takes λ = γ/2</td><td>stepSize, with noise √(2λ)</td></tr>
 * <tr><td>γ (friction)</td><td>lmc_kappa</td><td>friction</td></tr>
 * <tr><td>KALE-F</td><td>criterion kale</td><td>Kale</td></tr>
 * <tr><td>KALE-DV</td><td>criterion donsker</td><td>DonskerVaradhan</td></tr>
 * <tr><td>M/N</td><td>noise_factor</td><td>generatedSize</td></tr>
 * </table>
 *
 * <pre>{@code
 * var prior = gebm.model.DensityBase.standardNormal(2);
 * var base = gebm.model.LatentBase.pushForward(prior, gebm.nn.Mlp.of(2, 64, 2), gebm.core.Rng.of(1));
 * gebm.model.Energy well = x -> x.square().sub(1).square().sum(new int[] {1});
 * var model = gebm.model.Gebm.of(base, well);
 * double a = model.estimateLogPartition(1_000, gebm.core.Rng.of(2)).value();
 * }</pre>
 */
package gebm.model;
