/**
 * Training of any model by phases.
 *
 * <p>A {@link gebm.train.Phase} is a kind of step: {@link gebm.train.Group}s of parameters with their {@link
 * gebm.train.Optimizer}s, a loss, and what the loss sees beside data. A {@link gebm.train.Trainer} goes through the steps of
 * its phases in turn, as a {@link gebm.train.TrainingPlan} says, and returns a {@link gebm.train.TrainingRun} with {@link
 * gebm.train.History}, {@link gebm.train.Checkpoint} and {@link gebm.train.RunCard}. {@link gebm.train.Adam} (with weight
 * decay, AdamW) and {@link gebm.train.Sgd} are there, {@link gebm.train.GradientMap}s change gradients before them, and
 * {@link gebm.train.RateDecay} lowers rates when an {@link gebm.train.Evaluation} no longer improves.
 *
 * <h2>Four models</h2>
 *
 * <p>A classifier, from rows with labels:
 *
 * <pre>{@code
 * var scope = ai.djl.ndarray.NDManager.newBaseManager();
 * var x = Rng.of(1).normal(scope, new ai.djl.ndarray.types.Shape(400, 2));
 * var labels = x.get(":, 0").mul(x.get(":, 1")).gt(0).toType(ai.djl.ndarray.types.DataType.INT64, false);
 * var network = Network.of(Mlp.of(2, 32, 2), new ai.djl.ndarray.types.Shape(2), Rng.of(2));
 * var phase = Phase.of("classifier", CrossEntropy.loss(), Adam.of(1e-2).withWeightDecay(0.01));
 * var run = Trainer.of(TrainingPlan.of(200).withBatchSize(50), phase)
 *         .fit(network, DataSource.of(x, labels), Rng.of(3));
 * System.out.println(run.history().rows().get(199).get("accuracy"));
 * }</pre>
 *
 * <p>A flow by maximum likelihood:
 *
 * <pre>{@code
 * var flow = Flow.realNvp(2, Rng.of(1));
 * var phase = Phase.of("flow", MaximumLikelihood.loss(), Adam.of(1e-3));
 * var run = Trainer.of(TrainingPlan.of(20).withBatchSize(64), phase).fit(flow, Toy.eightGaussians(), Rng.of(2));
 * Flow trained = run.model();
 * }</pre>
 *
 * <p>An energy by persistent chains, whose buffer is in the checkpoint:
 *
 * <pre>{@code
 * var energy = Energy.neural(Mlp.of(2, 64, 64, 1), new ai.djl.ndarray.types.Shape(2), Rng.of(1));
 * var langevin = new Langevin(Schedule.constant(0.02));
 * var chains = PersistentChains.of(langevin, 20, 64, DensityBase.standardNormal(2)).withCapacity(1_000);
 * var loss = ContrastiveDivergence.loss().plus(0.001, Penalties.energySquares());
 * var phase = Phase.of("energy", loss, Adam.of(1e-3).after(GradientMap.clipNorm(1))).withNegatives(chains);
 * var run = Trainer.of(TrainingPlan.of(20).withBatchSize(64), phase).fit(energy, Toy.eightGaussians(), Rng.of(2));
 * }</pre>
 *
 * <p>A GEBM, in two phases that {@code Trainer.alternating} makes:
 *
 * <pre>{@code
 * var prior = DensityBase.standardNormal(2);
 * var base = LatentBase.pushForward(prior, Mlp.of(2, 32, 2), Rng.of(1));
 * var energy = Energy.neural(Mlp.of(2, 32, 1), new ai.djl.ndarray.types.Shape(2), Rng.of(2));
 * var loss = Kale.energyLoss().plus(0.3, Penalties.gradient());
 * var plan = TrainingPlan.of(3).withBatchSize(64).withEnergySteps(Schedule.constant(2));
 * var run = Trainer.alternating(loss, Kale.baseLoss(), plan)
 *         .fit(Gebm.of(base, energy), Toy.eightGaussians(), Rng.of(3));
 * }</pre>
 *
 * <p>Several networks are {@link gebm.core.Parts}; a group names the part that it trains, and {@code Objective.onPart} hands
 * a loss its part. The card of a run, as JSON too, makes its trainer again
 * ({@code Trainer.of(card)}), as far as losses and schedules are records and no lambdas.
 */
package gebm.train;
