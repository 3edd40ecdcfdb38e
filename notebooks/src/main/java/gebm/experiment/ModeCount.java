package gebm.experiment;

import gebm.core.Require;
import java.util.Locale;

/**
 * Which classes occur among samples, how often, and how far that is from the data's shares.
 *
 * <p>With {@code pᵢ} the share of class i among the samples and {@code qᵢ} among the data: {@code entropy = −Σ pᵢ log
 * pᵢ}, {@code divergence = KL(p‖q) = Σ pᵢ log(pᵢ/qᵢ)}. A model that has lost modes has a small entropy; equal shares of ten
 * classes have {@code log 10 = 2.303}. Between n samples of the data itself the divergence is about {@code (classes −
 * 1)/(2n)}, not 0.
 *
 * <p>Units: nats.
 * <p>Source: as on stacked MNIST by Metz et al. (2017), Unrolled Generative Adversarial Networks: modes that occur, and
 * {@code KL(samples‖data)}, by a classifier's labels. Differs: the ten digits, not a thousand triples of them.
 *
 * @param shares p, in [0, 1]
 * @param reference q, in (0, 1]
 * @param modes how many classes occur among the samples
 * @param entropy of p
 * @param divergence of p from q
 */
public record ModeCount(double[] shares, double[] reference, int modes, double entropy, double divergence) {
    /**
     * Compares the classes of samples with those of data.
     *
     * @param samples a class for each sample, in {@code 0 … classes − 1}
     * @param data a class for each datum; every class occurs
     */
    public static ModeCount of(int[] samples, int[] data, int classes) {
        Require.positive("classes", classes);
        double[] p = shares("samples", samples, classes);
        double[] q = shares("data", data, classes);
        int modes = 0;
        double entropy = 0;
        double divergence = 0;
        for (int i = 0; i < classes; i++) {
            Require.that(q[i] > 0, "class " + i + " of the data", "present (use more data)", "none of " + data.length);
            if (p[i] > 0) {
                modes++;
                entropy -= p[i] * Math.log(p[i]);
                divergence += p[i] * Math.log(p[i] / q[i]);
            }
        }
        return new ModeCount(p, q, modes, entropy, divergence);
    }

    private static double[] shares(String name, int[] labels, int classes) {
        Require.that(labels.length > 0, name, "at least one label", labels.length);
        double[] shares = new double[classes];
        for (int i = 0; i < labels.length; i++) {
            int label = labels[i];
            Require.that(label >= 0 && label < classes, name + "[" + i + "]", "in 0.." + (classes - 1), label);
            shares[label] += 1.0 / labels.length;
        }
        return shares;
    }

    @Override
    public double[] shares() {
        return shares.clone();
    }

    @Override
    public double[] reference() {
        return reference.clone();
    }

    /** Modes and divergence, and a line for each class with its share among samples and data. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%d of %d modes, entropy %.3f, divergence from the data %.4f",
                modes,
                shares.length,
                entropy,
                divergence));
        for (int i = 0; i < shares.length; i++) {
            text.append(String.format(Locale.ROOT, "%n%3d  %.3f  (data %.3f)", i, shares[i], reference[i]));
        }
        return text.toString();
    }
}
