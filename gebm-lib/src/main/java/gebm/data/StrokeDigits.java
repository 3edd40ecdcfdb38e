package gebm.data;

import gebm.core.Require;
import gebm.core.Rng;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.SplittableRandom;

/**
 * Digits drawn with a pen of code: the stand-in for MNIST that needs no file and no network.
 *
 * <p>Each digit is one to three strokes through a few control points, joined by Catmull–Rom splines. Every image moves
 * the points by {@code N(0, 0.025²)} of the box, turns and slants the figure, and varies its width, height, position
 * and pen, then paints it smoothly into 28×28 grey pixels, as MNIST's images lie: the figure in the middle 20×20.
 *
 * <p>Randomness: image {@code i} is a function of {@code rng.fork(i)}, so the first {@code n} of a larger set are the
 * set of {@code n}. The bits are the same on one Java platform; another's painter may differ in the last grey level.
 *
 * <p>Source: ours.
 *
 * <pre>{@code
 * var digits = StrokeDigits.of(1_000, Rng.of(7));
 * System.out.println(digits.labels()[0]);
 * }</pre>
 */
public final class StrokeDigits {
    private static final double BOX = 20; // MNIST fits its digits into 20x20 pixels
    private static final double JITTER = 0.025;

    /** For each digit its strokes: x, y, x, y, … in the unit square, y downwards. */
    private static final double[][][] STROKES = {
        {{.58, .05, .34, .14, .18, .42, .22, .74, .44, .95, .70, .86, .84, .56, .80, .24, .60, .05, .42, .09}},
        {{.34, .22, .46, .14, .54, .05}, {.54, .05, .52, .36, .50, .66, .48, .95}},
        {
            {.18, .26, .32, .09, .58, .05, .77, .20, .70, .46, .46, .70, .17, .93},
            {.17, .93, .40, .88, .62, .92, .85, .90}
        },
        {
            {.20, .15, .44, .05, .70, .13, .72, .32, .56, .44, .40, .47},
            {.40, .47, .66, .50, .80, .68, .70, .88, .45, .96, .17, .86}
        },
        {
            {.38, .06, .30, .28, .16, .56},
            {.16, .56, .40, .58, .64, .56, .87, .54},
            {.70, .12, .66, .40, .62, .70, .60, .96}
        },
        {
            {.80, .07, .56, .08, .31, .09},
            {.31, .09, .28, .26, .24, .45},
            {.24, .45, .48, .38, .72, .48, .79, .69, .66, .89, .42, .96, .17, .88}
        },
        {{.68, .05, .44, .20, .26, .46, .20, .72, .34, .92, .58, .94, .76, .80, .72, .62, .52, .54, .34, .62, .24, .76}
        },
        {{.17, .12, .40, .09, .62, .10, .84, .09}, {.84, .09, .68, .36, .54, .64, .42, .95}},
        {
            {
                .74, .17, .56, .06, .34, .12, .30, .29, .46, .45, .66, .60, .74, .78, .60, .93, .38, .93, .25, .77, .36,
                .59, .56, .45, .72, .30, .74, .17
            }
        },
        {
            {.76, .26, .60, .44, .38, .46, .25, .30, .34, .11, .56, .05, .74, .16, .76, .30},
            {.76, .28, .74, .52, .66, .74, .58, .95}
        },
    };

    private StrokeDigits() {}

    /**
     * {@code n} drawn digits to train on, with labels drawn uniformly from 0–9.
     *
     * @throws IllegalArgumentException if {@code n} is not {@code > 0}
     */
    public static Digits of(int n, Rng rng) {
        return of(n, Images.Role.TRAIN, rng);
    }

    /** {@code n} digits for a purpose; those of another key share nothing with them. */
    public static Digits of(int n, Images.Role role, Rng rng) {
        Require.positive("n", n);
        byte[] pixels = new byte[Math.multiplyExact(n, Digits.PIXELS)];
        byte[] labels = new byte[n];
        BufferedImage canvas = new BufferedImage(Digits.SIDE, Digits.SIDE, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D pen = pen(canvas);
        byte[] drawn = ((DataBufferByte) canvas.getRaster().getDataBuffer()).getData();
        for (int i = 0; i < n; i++) {
            SplittableRandom numbers = rng.fork(i).numbers();
            labels[i] = (byte) numbers.nextInt(10);
            draw(pen, labels[i], numbers);
            System.arraycopy(drawn, 0, pixels, i * Digits.PIXELS, Digits.PIXELS);
        }
        pen.dispose();
        String key = "stroke-digits " + Long.toHexString(rng.key());
        return Digits.of("stroke-digits", role, key, pixels, labels);
    }

    private static Graphics2D pen(BufferedImage canvas) {
        Graphics2D pen = canvas.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        pen.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        return pen;
    }

    private static void draw(Graphics2D pen, int digit, SplittableRandom numbers) {
        pen.setColor(Color.BLACK);
        pen.fillRect(0, 0, Digits.SIDE, Digits.SIDE);
        AffineTransform hand = hand(numbers);
        float width = (float) (1.9 + 1.4 * numbers.nextDouble());
        pen.setStroke(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        pen.setColor(Color.WHITE);
        Path2D figure = new Path2D.Double();
        for (double[] stroke : STROKES[digit]) {
            trace(figure, jittered(stroke, numbers));
        }
        pen.draw(hand.createTransformedShape(figure));
    }

    /** Size, slant, turn and place of one image: from the unit square to pixels. */
    private static AffineTransform hand(SplittableRandom numbers) {
        AffineTransform hand = new AffineTransform();
        hand.translate(Digits.SIDE / 2.0 + 0.7 * normal(numbers), Digits.SIDE / 2.0 + 0.7 * normal(numbers));
        hand.rotate(0.08 * normal(numbers));
        hand.shear(-0.12 + 0.14 * normal(numbers), 0);
        hand.scale(BOX * (0.72 + 0.2 * numbers.nextDouble()), BOX * (0.86 + 0.12 * numbers.nextDouble()));
        hand.translate(-0.5, -0.5);
        return hand;
    }

    private static double[] jittered(double[] stroke, SplittableRandom numbers) {
        double[] moved = stroke.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += JITTER * normal(numbers);
        }
        return moved;
    }

    /** Appends the Catmull–Rom spline through the points: each piece a cubic with handles a sixth of the chord. */
    private static void trace(Path2D figure, double[] p) {
        int last = p.length / 2 - 1;
        figure.moveTo(p[0], p[1]);
        for (int i = 0; i < last; i++) {
            int before = 2 * Math.max(i - 1, 0);
            int from = 2 * i;
            int to = 2 * (i + 1);
            int after = 2 * Math.min(i + 2, last);
            figure.curveTo(
                    p[from] + (p[to] - p[before]) / 6,
                    p[from + 1] + (p[to + 1] - p[before + 1]) / 6,
                    p[to] - (p[after] - p[from]) / 6,
                    p[to + 1] - (p[after + 1] - p[from + 1]) / 6,
                    p[to],
                    p[to + 1]);
        }
    }

    /** N(0, 1) cut at 2.5, so that no figure leaves its image. */
    private static double normal(SplittableRandom numbers) {
        double draw = numbers.nextGaussian();
        while (Math.abs(draw) > 2.5) {
            draw = numbers.nextGaussian();
        }
        return draw;
    }
}
