package gebm.metric;

import java.util.Arrays;

/** Autocovariances of chains at every lag, by Fourier transforms. */
final class Autocovariance {
    private Autocovariance() {}

    /**
     * {@code γ_t = 1/(m·n)·Σ_c Σ_i (x_ci − x̄_c)(x_c,i+t − x̄_c)}, the mean over m chains of n draws, for t = 0 … n − 1.
     *
     * <p>Two chains are the real and the imaginary part of one series: the real part of the autocovariance of
     * {@code x + iy} is the sum of those of x and of y.
     */
    static double[] mean(double[][] chains) {
        int n = chains[0].length;
        Transform transform = new Transform(n);
        double[] power = new double[transform.size];
        for (int c = 0; c < chains.length; c += 2) {
            double[] real = Arrays.copyOf(centred(chains[c]), transform.size);
            double[] imaginary =
                    Arrays.copyOf(c + 1 < chains.length ? centred(chains[c + 1]) : new double[0], transform.size);
            transform.apply(real, imaginary);
            for (int k = 0; k < power.length; k++) {
                power[k] += real[k] * real[k] + imaginary[k] * imaginary[k];
            }
        }
        transform.apply(power, new double[transform.size]); // the inverse, up to the sign of lags
        double[] covariances = Arrays.copyOf(power, n);
        for (int t = 0; t < n; t++) {
            covariances[t] /= (double) transform.size * chains.length * n;
        }
        return covariances;
    }

    static double mean(double[] chain) {
        double sum = 0;
        for (double value : chain) {
            sum += value - chain[0]; // so that the mean of equal numbers is that number, exactly
        }
        return chain[0] + sum / chain.length;
    }

    private static double[] centred(double[] chain) {
        double mean = mean(chain);
        double[] centred = new double[chain.length];
        for (int i = 0; i < chain.length; i++) {
            centred[i] = chain[i] - mean;
        }
        return centred;
    }

    /** The discrete Fourier transform of a power of two of numbers, at least twice {@code n}: Cooley and Tukey (1965). */
    private static final class Transform {
        private final int size;
        private final double[] cosines;
        private final double[] sines;

        Transform(int n) {
            size = Math.max(2, Integer.highestOneBit(2 * n - 1) << 1);
            cosines = new double[size / 2];
            sines = new double[size / 2];
            for (int k = 0; k < size / 2; k++) {
                cosines[k] = Math.cos(2 * Math.PI * k / size);
                sines[k] = -Math.sin(2 * Math.PI * k / size);
            }
        }

        void apply(double[] real, double[] imaginary) {
            int shift = Integer.numberOfLeadingZeros(size) + 1;
            for (int i = 0; i < size; i++) {
                int j = Integer.reverse(i) >>> shift;
                if (i < j) {
                    swap(real, i, j);
                    swap(imaginary, i, j);
                }
            }
            for (int half = 1; half < size; half *= 2) {
                int stride = size / (2 * half);
                for (int start = 0; start < size; start += 2 * half) {
                    for (int k = 0; k < half; k++) {
                        int i = start + k;
                        int j = i + half;
                        double c = cosines[k * stride];
                        double s = sines[k * stride];
                        double re = real[j] * c - imaginary[j] * s;
                        double im = real[j] * s + imaginary[j] * c;
                        real[j] = real[i] - re;
                        imaginary[j] = imaginary[i] - im;
                        real[i] += re;
                        imaginary[i] += im;
                    }
                }
            }
        }

        private static void swap(double[] values, int i, int j) {
            double value = values[i];
            values[i] = values[j];
            values[j] = value;
        }
    }
}
