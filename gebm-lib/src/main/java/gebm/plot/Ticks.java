package gebm.plot;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Locale;

/** Round numbers on axes. */
final class Ticks {
    private Ticks() {}

    /** Multiples of 1, 2 or 5 times a power of ten in {@code [low, high]}: about {@code count} of them. */
    static double[] between(double low, double high, int count) {
        double step = step(high - low, count);
        long first = (long) Math.ceil(low / step - 1e-9);
        long last = (long) Math.floor(high / step + 1e-9);
        double[] ticks = new double[(int) Math.max(0, last - first + 1)];
        Arrays.setAll(ticks, i -> (first + i) * step);
        return ticks;
    }

    private static double step(double range, int count) {
        double rough = range / count;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double lead = rough / power;
        return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
    }

    /** How many shown pixels the texts of {@code ticks} take, the same on every screen: measured on a bitmap. */
    static double widest(double... ticks) {
        Graphics2D pen = Style.pen(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics());
        double widest = Arrays.stream(ticks)
                .map(tick -> Style.width(pen, Style.TICK, text(tick)))
                .max()
                .orElse(0);
        pen.dispose();
        return Math.ceil(widest);
    }

    /** {@code value} to six digits, as short as can be: {@code −0.25}, {@code 20,000}, {@code 3e−7}. */
    static String text(double value) {
        if (Math.abs(value) < 1e-300) {
            return "0";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros();
        double size = Math.abs(value);
        if (size < 1e-4 || size >= 1e7) {
            int exponent = rounded.precision() - rounded.scale() - 1;
            String lead = rounded.movePointLeft(exponent).stripTrailingZeros().toPlainString();
            return (lead + "e" + exponent).replace('-', '−');
        }
        return String.format(Locale.ROOT, "%,." + Math.max(0, rounded.scale()) + "f", rounded)
                .replace('-', '−');
    }
}
