package gebm.data;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.util.Arrays;

/** The middle square of an image at another size, as {@link ImageFolder} describes it. */
final class Resized {
    private Resized() {}

    /** {@code channels·side·side} levels, channel after channel. */
    static byte[] square(BufferedImage image, int side, int channels) {
        float[][] planes = planes(image, channels);
        int width = image.getWidth();
        int height = image.getHeight();
        int shorter = Math.min(width, height);
        Axis across = Axis.of(width, (int) ((long) side * width / shorter), side);
        Axis down = Axis.of(height, (int) ((long) side * height / shorter), side);
        byte[] levels = new byte[channels * side * side];
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    double value = mean(planes[c], width, across, x, down, y);
                    levels[(c * side + y) * side + x] = (byte) Math.round(value);
                }
            }
        }
        return levels;
    }

    private static double mean(float[] plane, int width, Axis across, int x, Axis down, int y) {
        double sum = 0;
        for (int j = 0; j < down.weights[y].length; j++) {
            int start = (down.first[y] + j) * width + across.first[x];
            double row = 0;
            for (int i = 0; i < across.weights[x].length; i++) {
                row += across.weights[x][i] * plane[start + i];
            }
            sum += down.weights[y][j] * row;
        }
        return sum;
    }

    /** Of each pixel in the middle of a resized axis: the first source pixel it is made of, and the weights from there. */
    private record Axis(int[] first, double[][] weights) {
        static Axis of(int from, int to, int kept) {
            int skipped = (int) Math.rint((to - kept) / 2.0);
            double scale = (double) from / to;
            double reach = Math.max(1, scale);
            int[] first = new int[kept];
            double[][] weights = new double[kept][];
            for (int i = 0; i < kept; i++) {
                double centre = (i + skipped + 0.5) * scale;
                int begin = Math.max(0, (int) Math.floor(centre - reach));
                int end = Math.min(from, (int) Math.ceil(centre + reach));
                double[] w = new double[end - begin];
                double sum = 0;
                for (int j = 0; j < w.length; j++) {
                    w[j] = Math.max(0, 1 - Math.abs(begin + j + 0.5 - centre) / reach);
                    sum += w[j];
                }
                for (int j = 0; j < w.length; j++) {
                    w[j] /= sum;
                }
                first[i] = begin;
                weights[i] = w;
            }
            return new Axis(first, weights);
        }
    }

    /** Levels 0–255 of each channel. */
    private static float[][] planes(BufferedImage image, int channels) {
        // grey levels are taken as they are: Java would read them as linear light
        boolean grey = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
        float[][] planes = grey ? grey(image, channels) : colour(image);
        if (planes.length == channels) {
            return planes;
        }
        float[] luma = new float[planes[0].length];
        for (int p = 0; p < luma.length; p++) {
            luma[p] = Math.round(0.299 * planes[0][p] + 0.587 * planes[1][p] + 0.114 * planes[2][p]);
        }
        return new float[][] {luma};
    }

    private static float[][] grey(BufferedImage image, int channels) {
        float[] plane = share(image, 0);
        if (image.getColorModel().hasAlpha()) {
            float[] opacity = share(image, 1);
            for (int p = 0; p < plane.length; p++) {
                plane[p] = opacity[p] * plane[p] + 1 - opacity[p];
            }
        }
        for (int p = 0; p < plane.length; p++) {
            plane[p] *= 255;
        }
        float[][] planes = new float[channels][];
        Arrays.fill(planes, plane);
        return planes;
    }

    /** A band's samples over the largest that its bits can hold. */
    private static float[] share(BufferedImage image, int band) {
        int width = image.getWidth();
        int height = image.getHeight();
        float[] samples = image.getRaster().getSamples(0, 0, width, height, band, (float[]) null);
        float most = (1 << image.getSampleModel().getSampleSize(band)) - 1;
        for (int p = 0; p < samples.length; p++) {
            samples[p] /= most;
        }
        return samples;
    }

    private static float[][] colour(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        BufferedImage opaque = image;
        if (image.getColorModel().hasAlpha()) {
            opaque = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            Graphics2D pen = opaque.createGraphics();
            pen.drawImage(image, 0, 0, Color.WHITE, null);
            pen.dispose();
        }
        int[] colours = opaque.getRGB(0, 0, width, height, null, 0, width);
        float[][] planes = new float[3][colours.length];
        for (int p = 0; p < colours.length; p++) {
            planes[0][p] = colours[p] >> 16 & 0xff;
            planes[1][p] = colours[p] >> 8 & 0xff;
            planes[2][p] = colours[p] & 0xff;
        }
        return planes;
    }
}
