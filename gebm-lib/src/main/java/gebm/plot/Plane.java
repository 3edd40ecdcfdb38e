package gebm.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A picture of the plane in layers, each over those before: a map, contours, arrows, paths, points.
 *
 * <p>Both axes have one scale, so that a circle is a circle. Each {@code withX} returns a changed copy. The map is
 * viridis, dark where the value is low; a bar beside it gives the numbers. What lies beyond the limits is cut off;
 * unless set, they are those of the map, or else of all that is drawn.
 *
 * <p>Where the kernel does not draw it by itself, {@code Plots.image(plane)} does.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     Energy well = x -> x.square().sub(1).square().sum(new int[] {1});
 *     var start = scope.zeros(new ai.djl.ndarray.types.Shape(3, 2));
 *     var plan = SamplingPlan.of(100).withThinning(1);
 *     var chains = new Langevin(Schedule.constant(0.01)).run(well, start, plan, Rng.of(1));
 *     var plane = Plots.landscape("Four wells", well, -2, 2).withPaths("chains", chains.draws());
 *     System.out.println(Plots.image(plane));
 * }
 * }</pre>
 */
public final class Plane implements Figure {
    private static final int SIDE = 330; // of the area, the longer one
    private static final int BAR = 14;
    private static final int TOP = 12;
    private static final int LINE = 22; // of title or legend
    private static final int BELOW = 44;
    private static final int RIGHT = 16;
    private static final double CUT = 0.75; // the quantile beyond which arrows grow no longer
    private static final int TAIL = 12; // positions that an animated chain trails
    private static final int FEW = 24; // chains up to which each can have a tail

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final double[] limits; // x low, x high, y low, y high; empty: those of the layers
    private final List<Layer> layers;

    private Plane(String title, String xLabel, String yLabel, double[] limits, List<Layer> layers) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
        this.limits = limits;
        this.layers = layers;
    }

    /** The empty plane under {@code title}, which may be empty. */
    public static Plane of(String title) {
        return new Plane(title, "x₁", "x₂", new double[0], List.of());
    }

    /** Other names of the axes. */
    public Plane withLabels(String x, String y) {
        return new Plane(title, x, y, limits, layers);
    }

    /**
     * Other limits.
     *
     * @throws IllegalArgumentException if they are not finite and increasing
     */
    public Plane withLimits(double xLow, double xHigh, double yLow, double yHigh) {
        Grid.spaced("x", xLow, xHigh, 2);
        Grid.spaced("y", yLow, yHigh, 2);
        return new Plane(title, xLabel, yLabel, new double[] {xLow, xHigh, yLow, yHigh}, layers);
    }

    /**
     * A colour for each value of {@code grid}, from the lowest to the highest; holes stay white.
     *
     * @param label what the values are; stands beside the bar
     * @throws IllegalArgumentException if the grid has no finite value
     */
    public Plane withMap(String label, Grid grid) {
        double[] sorted = finite(grid);
        return withMap(label, grid, sorted[0], sorted[sorted.length - 1]);
    }

    /** A colour for each value of {@code grid}; values beyond {@code low} and {@code high} have that end's colour. */
    public Plane withMap(String label, Grid grid, double low, double high) {
        double[] sorted = finite(grid);
        Require.finite("low", low);
        Require.that(high >= low && high < Double.POSITIVE_INFINITY, "high", "finite and >= " + low, high);
        double wide = high > low ? high : low + 1;
        return with(
                new HeatMap(label, grid, low, wide, sorted[0] < low, sorted[sorted.length - 1] > wide, grid.extent()));
    }

    /**
     * The lines on which {@code grid} has one of {@code levels}; without levels, at round numbers of its range, the
     * ticks of the bar where it is also the map.
     */
    public Plane withContours(Grid grid, double... levels) {
        double[] chosen = levels.clone();
        if (levels.length == 0) {
            double[] sorted = finite(grid);
            HeatMap map = map();
            double low = map == null ? sorted[0] : map.low;
            double high = map == null ? sorted[sorted.length - 1] : map.high;
            chosen = high > low ? Ticks.between(low, high, HeatMap.TICKS) : new double[0];
        }
        List<double[][]> lines = new ArrayList<>();
        for (double level : chosen) {
            lines.addAll(grid.contour(level));
        }
        return with(new Contours(lines, map() != null, grid.extent()));
    }

    /**
     * Points, small discs.
     *
     * @param points {@code (n, 2)}, finite
     */
    public Plane withPoints(String name, NDArray points) {
        double[][] xy = PlotData.plane(name, points);
        return with(new Points(name, colour(), xy[0], xy[1], map() != null, extent(xy)));
    }

    /**
     * The way of each chain from its first draw, a ring, to its last, a disc.
     *
     * @param draws {@code (draws, chains, 2)} as in {@link gebm.sampler.Chains#draws}, finite
     */
    public Plane withPaths(String name, NDArray draws) {
        double[][][] paths = paths(name, draws);
        return with(new Paths(name, colours(), paths, extent(paths)));
    }

    /**
     * An arrow at each point; the longest are as long as the points are apart, lengths beyond the third
     * quartile are cut to it.
     *
     * @param at {@code (n, 2)}, finite
     * @param vectors {@code (n, 2)}, finite
     */
    public Plane withArrows(NDArray at, NDArray vectors) {
        double[][] from = PlotData.plane("at", at);
        double[][] by = PlotData.plane("vectors", vectors);
        Require.that(from[0].length == by[0].length, "vectors", "as many as points, " + from[0].length, by[0].length);
        return with(new Arrows(from, by, map() != null, extent(from)));
    }

    /** Arrows of {@code field}, {@code (n, 2) → (n, 2)}, float32, at 17×17 points of the square. */
    public Plane withField(UnaryOperator<NDArray> field, double low, double high) {
        int n = Arrows.SIDE;
        double margin = (high - low) / (2 * n);
        double[] axis = Grid.spaced("field", low + margin, high - margin, n);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray at = Grid.points(scope, axis, axis);
            NDArray vectors = field.apply(at);
            Require.that(vectors.getShape().equals(at.getShape()), "field", "of shape (n, 2)", vectors.getShape());
            Plane plane = withArrows(at, vectors);
            return limits.length > 0 || map() != null ? plane : plane.withLimits(low, high, low, high);
        }
    }

    /**
     * The chains walking over this plane: all at once, each with a short tail if they are at most 24.
     *
     * @param draws {@code (draws, chains, 2)}, finite
     * @param frames how many of the draws are shown, equally spaced and the last among them
     * @throws IllegalArgumentException unless {@code 2 <= frames <= draws}
     */
    public Animation walk(String name, NDArray draws, int frames) {
        double[][][] paths = paths(name, draws);
        int n = paths[0][0].length;
        Require.that(frames >= 2 && frames <= n, "frames", "in [2, " + n + "]", frames);
        double[] extent = limits.length > 0 || map() != null
                ? limits()
                : with(new Paths(name, colours(), paths, extent(paths))).limits();
        Plane still = withLimits(extent[0], extent[1], extent[2], extent[3]);
        Picture ground = Plots.image(still.with(new Walkers(name, colour(), new double[0][][], extent)));
        List<Picture> pictures = new ArrayList<>();
        for (int f = 0; f < frames; f++) {
            int end = 1 + (int) ((long) f * (n - 1) / (frames - 1));
            int begin = paths.length > FEW ? end - 1 : Math.max(0, end - TAIL);
            pictures.add(still.over(ground, new Walkers(name, colour(), cut(paths, begin, end), extent)));
        }
        return new Animation(pictures, 0.1);
    }

    /** {@code ground} with a layer drawn into a copy of it. */
    private Picture over(Picture ground, Layer layer) {
        BufferedImage from = ground.image();
        BufferedImage copy = Style.white(from.getWidth(), from.getHeight());
        from.copyData(copy.getRaster());
        Graphics2D pen = Style.pen(copy.createGraphics());
        pen.scale(Style.DENSITY, Style.DENSITY);
        Axes axes = with(layer).axes();
        pen.clip(axes.area());
        layer.draw(pen, axes);
        pen.dispose();
        return new Picture(copy, ground.width(), ground.height());
    }

    private static double[][][] cut(double[][][] paths, int begin, int end) {
        return Arrays.stream(paths)
                .map(xy ->
                        new double[][] {Arrays.copyOfRange(xy[0], begin, end), Arrays.copyOfRange(xy[1], begin, end)})
                .toArray(double[][][]::new);
    }

    /** For each chain all x and all y. */
    private static double[][][] paths(String name, NDArray draws) {
        Shape shape = draws.getShape();
        boolean fits = shape.dimension() == 3 && shape.get(2) == 2 && shape.size() > 0;
        Require.that(fits, name, "of shape (draws, chains, 2)", shape);
        double[] flat = Ops.doubles(draws);
        int chains = (int) shape.get(1);
        double[][][] paths = new double[chains][2][(int) shape.get(0)];
        for (int i = 0; i < flat.length; i++) {
            int draw = i / (2 * chains);
            int chain = i / 2 % chains;
            String place = name + "[" + draw + ", " + chain + ", " + i % 2 + "]";
            paths[chain][i % 2][draw] = Require.finite(place, flat[i]);
        }
        return paths;
    }

    private static double[] finite(Grid grid) {
        double[] sorted = grid.sorted();
        Require.that(sorted.length > 0, "the grid", "with a finite value", "none");
        return sorted;
    }

    private Plane with(Layer layer) {
        List<Layer> all = new ArrayList<>(layers);
        all.add(layer);
        return new Plane(title, xLabel, yLabel, limits, List.copyOf(all));
    }

    private HeatMap map() {
        return (HeatMap)
                layers.stream().filter(HeatMap.class::isInstance).findFirst().orElse(null);
    }

    /** The colour of the next named layer. */
    private Color colour() {
        return colours()[named().size() % colours().length];
    }

    /** Over a map, bright ones. */
    private Color[] colours() {
        return map() == null ? Style.colours() : OVER_MAP;
    }

    /** Told apart on viridis, from it and from each other. */
    private static final Color[] OVER_MAP = {
        Color.WHITE, new Color(0xFF8C42), new Color(0x9BD8FF), new Color(0xF4A6C8), new Color(0xF5E663)
    };

    private double[] limits() {
        if (limits.length > 0) {
            return limits;
        }
        double[] all = null;
        for (Layer layer : map() == null ? layers : List.of(map())) {
            double[] extent = layer.extent();
            if (extent.length > 0) {
                all = all == null ? extent : union(all, extent);
            }
        }
        all = all == null ? new double[] {0, 1, 0, 1} : all;
        double margin = map() == null ? 0.04 * Math.max(all[1] - all[0], all[3] - all[2]) : 0;
        margin = all[1] - all[0] + 2 * margin > 0 && all[3] - all[2] + 2 * margin > 0 ? margin : 1;
        return new double[] {all[0] - margin, all[1] + margin, all[2] - margin, all[3] + margin};
    }

    private static double[] union(double[] a, double[] b) {
        return new double[] {Math.min(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.max(a[3], b[3])};
    }

    private List<Layer> named() {
        return layers.stream().filter(layer -> !layer.name().isEmpty()).toList();
    }

    /** Where everything stands; measured with letters of the bitmap's kind, so that it is the same on every screen. */
    private Axes axes() {
        double[] l = limits();
        double unit = SIDE / Math.max(l[1] - l[0], l[3] - l[2]);
        double width = Math.max(SIDE / 4.0, Math.rint(unit * (l[1] - l[0])));
        double height = Math.max(SIDE / 4.0, Math.rint(unit * (l[3] - l[2])));
        Axes unplaced = new Axes(l[0], l[1], l[2], l[3], new Rectangle2D.Double(0, 0, width, height));
        double left = Ticks.widest(unplaced.yTicks()) + 34;
        int top = TOP + (title.isEmpty() ? 0 : LINE) + (named().isEmpty() ? 0 : LINE);
        return new Axes(l[0], l[1], l[2], l[3], new Rectangle2D.Double(left, top, width, height));
    }

    @Override
    public int width() {
        HeatMap map = map();
        double bar = map == null ? 0 : 14 + BAR + 8 + Ticks.widest(map.ticks()) + (map.label.isEmpty() ? 0 : 22);
        return (int) Math.ceil(axes().area().getMaxX() + bar) + RIGHT;
    }

    @Override
    public int height() {
        return (int) Math.ceil(axes().area().getMaxY()) + BELOW;
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public void paint(Graphics2D graphics) {
        Graphics2D pen = Style.pen(graphics);
        Axes axes = axes();
        Rectangle2D area = axes.area();
        Style.write(pen, Style.TITLE, Style.INK, title, area.getCenterX(), TOP + 10, 0.5);
        if (map() == null) {
            axes.drawGrid(pen);
        }
        for (Layer layer : layers) {
            Graphics2D inside = Style.pen(pen);
            inside.clip(area);
            layer.draw(inside, axes);
            inside.dispose();
        }
        axes.drawFrame(pen, map() == null ? Style.GRID : Style.PALE);
        axes.labelBelow(pen, xLabel);
        axes.labelLeft(pen, yLabel, area.getX() - 16);
        legend(pen, area);
        if (map() != null) {
            map().drawBar(pen, area);
        }
        pen.dispose();
    }

    private void legend(Graphics2D pen, Rectangle2D area) {
        double x = area.getX();
        double y = area.getY() - 9;
        for (Layer layer : named()) {
            layer.drawKey(pen, x + 5, y - 4);
            x += layer.keyWidth() + 8;
            Style.write(pen, Style.LABEL, Style.INK, layer.name(), x, y, 0);
            x += Style.width(pen, Style.LABEL, layer.name()) + 16;
        }
    }

    @Override
    public String toString() {
        return "Plane \"" + title + "\"";
    }

    /** What lies on the plane. */
    private interface Layer {
        void draw(Graphics2D pen, Axes axes);

        /** x low, x high, y low, y high; empty where it has none. */
        double[] extent();

        /** What the legend says; empty: nothing. */
        default String name() {
            return "";
        }

        /** The sign beside the name in the legend. */
        default void drawKey(Graphics2D pen, double x, double y) {}

        default double keyWidth() {
            return 7;
        }
    }

    private static double[] extent(double[][]... clouds) {
        double[] all = {
            Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
        };
        for (double[][] xy : clouds) {
            for (int i = 0; i < xy[0].length; i++) {
                all = union(all, new double[] {xy[0][i], xy[0][i], xy[1][i], xy[1][i]});
            }
        }
        return all;
    }

    private record HeatMap(
            String label, Grid grid, double low, double high, boolean below, boolean above, double[] extent)
            implements Layer {
        static final int TICKS = 8;

        @Override
        public void draw(Graphics2D pen, Axes axes) {
            Rectangle2D area = axes.area();
            int w = (int) Math.round(area.getWidth() * Style.DENSITY);
            int h = (int) Math.round(area.getHeight() * Style.DENSITY);
            BufferedImage image = new BufferedImage(w, h, BufferedImage.TYPE_INT_ARGB);
            double[] e = extent;
            int[] colours = new int[256];
            for (int c = 0; c < colours.length; c++) {
                colours[c] = Style.map(c / 255.0).getRGB();
            }
            for (int row = 0; row < h; row++) {
                double y = axes.yHigh() - (row + 0.5) / h * (axes.yHigh() - axes.yLow());
                for (int column = 0; column < w; column++) {
                    double x = axes.xLow() + (column + 0.5) / w * (axes.xHigh() - axes.xLow());
                    double value = x < e[0] || x > e[1] || y < e[2] || y > e[3] ? Double.NaN : grid.at(x, y);
                    if (Double.isFinite(value)) {
                        double t = Math.min(1, Math.max(0, (value - low) / (high - low)));
                        image.setRGB(column, row, colours[(int) Math.round(255 * t)]);
                    }
                }
            }
            pen.drawImage(
                    image,
                    (int) Math.round(area.getX()),
                    (int) Math.round(area.getY()),
                    (int) Math.round(area.getWidth()),
                    (int) Math.round(area.getHeight()),
                    null);
        }

        double[] ticks() {
            return Ticks.between(low, high, TICKS);
        }

        /** The bar; an end beyond which there are values has a point. */
        void drawBar(Graphics2D pen, Rectangle2D area) {
            double x = area.getMaxX() + 14;
            double point = 9;
            double top = area.getY() + (above ? point : 0);
            double bottom = area.getMaxY() - (below ? point : 0);
            Path2D shape = new Path2D.Double();
            shape.moveTo(x, bottom);
            if (below) {
                shape.lineTo(x + BAR / 2.0, area.getMaxY());
            }
            shape.lineTo(x + BAR, bottom);
            shape.lineTo(x + BAR, top);
            if (above) {
                shape.lineTo(x + BAR / 2.0, area.getY());
            }
            shape.lineTo(x, top);
            shape.closePath();
            Graphics2D inside = Style.pen(pen);
            inside.clip(shape);
            int steps = (int) area.getHeight() * Style.DENSITY;
            for (int s = 0; s < steps; s++) {
                double y = area.getY() + (double) s / Style.DENSITY;
                inside.setColor(Style.map((bottom - y) / (bottom - top)));
                inside.fill(new Rectangle2D.Double(x, y, BAR, 1.0 / Style.DENSITY));
            }
            inside.dispose();
            pen.setColor(Style.PALE);
            pen.setStroke(new BasicStroke(1));
            pen.draw(shape);
            for (double tick : ticks()) {
                double y = bottom - (tick - low) / (high - low) * (bottom - top);
                Axes.mark(pen, x + BAR, y, x + BAR + 4, y);
                Style.write(pen, Style.TICK, Style.INK, Ticks.text(tick), x + BAR + 7, y + 4, 0);
            }
            Axes.upwards(pen, label, x + BAR + 8 + Ticks.widest(ticks()) + 16, area.getCenterY());
        }
    }

    private record Contours(List<double[][]> lines, boolean overMap, double[] extent) implements Layer {
        @Override
        public void draw(Graphics2D pen, Axes axes) {
            pen.setStroke(new BasicStroke(overMap ? 0.7f : 1.1f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            pen.setColor(overMap ? new Color(255, 255, 255, 130) : Style.PALE);
            for (double[][] line : lines) {
                pen.draw(axes.line(line.length, i -> line[i][0], i -> line[i][1]));
            }
        }
    }

    private static void disc(Graphics2D pen, double x, double y, double radius) {
        pen.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
    }

    private static void edgedDisc(Graphics2D pen, Color colour, double x, double y, double radius) {
        pen.setColor(Style.INK);
        disc(pen, x, y, radius + 0.8);
        pen.setColor(colour);
        disc(pen, x, y, radius);
    }

    private record Points(String name, Color colour, double[] x, double[] y, boolean overMap, double[] extent)
            implements Layer {
        @Override
        public void draw(Graphics2D pen, Axes axes) {
            pen.setColor(colour);
            double radius = x.length > 1_000 ? 1.1 : x.length > 200 ? 1.5 : 2.2;
            for (int i = 0; i < x.length; i++) {
                disc(pen, axes.x(x[i]), axes.y(y[i]), radius);
            }
        }

        @Override
        public void drawKey(Graphics2D pen, double x, double y) {
            if (overMap) {
                edgedDisc(pen, colour, x, y, 2.7);
            } else {
                pen.setColor(colour);
                disc(pen, x, y, 3.2);
            }
        }
    }

    private record Paths(String name, Color[] colours, double[][][] paths, double[] extent) implements Layer {
        @Override
        public void draw(Graphics2D pen, Axes axes) {
            float wide = paths.length > FEW ? 0.6f : 0.9f;
            pen.setStroke(new BasicStroke(wide, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            for (int p = 0; p < paths.length; p++) {
                pen.setColor(colours[p % colours.length]);
                pen.draw(line(axes, paths[p]));
            }
            for (int p = 0; p < paths.length; p++) {
                double[][] path = paths[p];
                int last = path[0].length - 1;
                ring(pen, axes.x(path[0][0]), axes.y(path[1][0]));
                edgedDisc(pen, colours[p % colours.length], axes.x(path[0][last]), axes.y(path[1][last]), 3);
            }
        }

        private static void ring(Graphics2D pen, double x, double y) {
            edgedDisc(pen, Color.WHITE, x, y, 2.6);
            pen.setColor(Style.INK);
            disc(pen, x, y, 1.2);
        }

        @Override
        public double keyWidth() {
            return 22;
        }

        @Override
        public void drawKey(Graphics2D pen, double x, double y) {
            pen.setColor(Style.PALE);
            pen.setStroke(new BasicStroke(1));
            pen.draw(new Line2D.Double(x, y, x + 15, y));
            ring(pen, x, y);
            edgedDisc(pen, paths.length > 1 ? Style.PALE : colours[0], x + 15, y, 3);
        }
    }

    /** Chains in an animation. */
    private record Walkers(String name, Color colour, double[][][] tails, double[] extent) implements Layer {
        @Override
        public void draw(Graphics2D pen, Axes axes) {
            boolean many = tails.length > FEW;
            for (double[][] tail : tails) {
                pen.setStroke(new BasicStroke(1.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
                pen.setColor(Style.translucent(colour, 0.7));
                pen.draw(line(axes, tail));
            }
            for (double[][] tail : tails) {
                int last = tail[0].length - 1;
                double x = axes.x(tail[0][last]);
                double y = axes.y(tail[1][last]);
                if (many) {
                    pen.setColor(colour);
                    pen.fill(new Rectangle2D.Double(Math.rint(x) - 1, Math.rint(y) - 1, 2, 2));
                } else {
                    edgedDisc(pen, colour, x, y, 3);
                }
            }
        }

        @Override
        public void drawKey(Graphics2D pen, double x, double y) {
            edgedDisc(pen, colour, x, y, 2.8);
        }
    }

    private static Path2D line(Axes axes, double[][] path) {
        return axes.line(path[0].length, i -> path[0][i], i -> path[1][i]);
    }

    private record Arrows(double[][] at, double[][] by, boolean overMap, double[] extent) implements Layer {
        static final int SIDE = 17;
        private static final Color ARROW = new Color(0x707070);

        @Override
        public void draw(Graphics2D pen, Axes axes) {
            int n = at[0].length;
            double[] lengths = new double[n];
            for (int i = 0; i < n; i++) {
                lengths[i] = Math.hypot(by[0][i], by[1][i]);
            }
            double[] sorted = lengths.clone();
            Arrays.sort(sorted);
            double cut = sorted[(int) Math.min(n - 1, Math.round(CUT * n))];
            double longest = spacing(axes);
            pen.setColor(overMap ? Color.WHITE : ARROW);
            for (int i = 0; i < n; i++) {
                double length = cut > 0 ? longest * Math.min(1, lengths[i] / cut) : 0;
                double x = axes.x(at[0][i]);
                double y = axes.y(at[1][i]);
                if (length < 1.5) {
                    disc(pen, x, y, 0.8);
                } else {
                    arrow(pen, x, y, by[0][i] / lengths[i] * length, -by[1][i] / lengths[i] * length);
                }
            }
        }

        /** How far neighbours are apart on the page, if they stood on a square grid. */
        private double spacing(Axes axes) {
            double[] e = extent;
            double width = Math.abs(axes.x(e[1]) - axes.x(e[0]));
            double height = Math.abs(axes.y(e[3]) - axes.y(e[2]));
            double side = Math.max(1, Math.sqrt(at[0].length) - 1);
            return Math.max(6, 0.95 * Math.sqrt(Math.max(1, width * height)) / side);
        }

        /** Centred on the point. */
        private static void arrow(Graphics2D pen, double x, double y, double dx, double dy) {
            double length = Math.hypot(dx, dy);
            double head = Math.min(5.5, 0.5 * length);
            double ux = dx / length;
            double uy = dy / length;
            double tipX = x + dx / 2;
            double tipY = y + dy / 2;
            double neckX = tipX - head * ux;
            double neckY = tipY - head * uy;
            pen.setStroke(new BasicStroke(1.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
            pen.draw(new Line2D.Double(x - dx / 2, y - dy / 2, neckX, neckY));
            Path2D triangle = new Path2D.Double();
            triangle.moveTo(tipX, tipY);
            triangle.lineTo(neckX - 0.45 * head * uy, neckY + 0.45 * head * ux);
            triangle.lineTo(neckX + 0.45 * head * uy, neckY - 0.45 * head * ux);
            triangle.closePath();
            pen.fill(triangle);
        }
    }
}
