/**
 * Pictures in the house style: XChart charts that users can change, maps of the plane, and grids of images.
 *
 * <p>Nouns: {@link gebm.plot.Plots} (makes them), {@link gebm.plot.Curve} (a named line, with or without a band),
 * {@link gebm.plot.Grid} (a function of the plane, with its contours), {@link gebm.plot.Plane} (a picture of the plane in
 * layers), {@link gebm.plot.Panels} (charts in rows; both are a {@link gebm.plot.Figure}), {@link gebm.plot.Picture} (a
 * bitmap with the size it is shown at), {@link gebm.plot.Animation} (pictures in turn).
 *
 * <p>One look: a white card with margins, which stands on light and dark pages alike; colours that every kind of eye
 * tells apart; viridis for values; two pixels for each shown one, and at most 100 kB a picture.
 *
 * <pre>{@code
 * var line = Curve.of("loss", new double[] {0, 1, 2}, new double[] {1, 0.5, 0.25});
 * var chart = Plots.curves("Training", "step", "loss", line);
 * var picture = Plots.image(chart);
 * System.out.println(picture.width() + "x" + picture.height());
 * }</pre>
 */
package gebm.plot;
