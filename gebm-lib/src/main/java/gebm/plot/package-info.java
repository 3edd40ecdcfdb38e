/**
 * Pictures in the house style: XChart charts that users can change, and grids of images.
 *
 * <p>Nouns: {@link gebm.plot.Plots} (makes them), {@link gebm.plot.Curve} (a named line), {@link gebm.plot.Picture} (a
 * bitmap with the size it is shown at).
 *
 * <pre>{@code
 * var line = Curve.of("loss", new double[] {0, 1, 2}, new double[] {1, 0.5, 0.25});
 * var chart = Plots.curves("Training", "step", "loss", line);
 * var picture = Plots.image(chart);
 * System.out.println(picture.width() + "x" + picture.height());
 * }</pre>
 */
package gebm.plot;
