package gebm.data;

import gebm.core.Progress;
import gebm.core.Require;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;

/**
 * The PNG and JPEG files of a folder and its subfolders as square images: CelebA, LSUN, ImageNet or your own.
 *
 * <p>Files are those whose name ends in {@code .png}, {@code .jpg} or {@code .jpeg}, in the order of their path's letters;
 * others are left out. Each is resized until its shorter side is {@code side}, the longer {@code ⌊side·long/short⌋}, and
 * cut to its middle {@code side×side}. A pixel of the result is a mean of the source with weights
 * {@code max(0, 1 − |d|/s)}, where {@code d} is the distance from its centre along the axis in source pixels and
 * {@code s ≥ 1} the source pixels per pixel of the result. Transparent pixels lie on white.
 *
 * <p>Cost: a few milliseconds a file, on all cores. Memory: {@code channels·side²} bytes an image on Java's heap;
 * LSUN's 3 million bedrooms at 64×64 are 37 GB, so take the {@linkplain #withFirst first} of them.
 *
 * <p>Source: the filter and the crop are those of Pillow's bilinear resize and of torchvision's Resize and CenterCrop.
 * Differs: values are rounded once, not after each axis. An orientation written in a JPEG's metadata is not applied.
 *
 * <pre>
 * var train = ImageFolder.of(Path.of("img_align_celeba"), 64).read(Images.Role.TRAIN, Progress.none());
 * </pre>
 *
 * @param folder where the files lie
 * @param side pixels along each side of the result
 * @param channels 3, or 1 for grey: {@code 0.299·red + 0.587·green + 0.114·blue}
 * @param first how many files are read at most
 */
public record ImageFolder(Path folder, int side, int channels, int first) {
    private static final Pattern NAMES = Pattern.compile("(?i).*\\.(png|jpe?g)");
    private static final int AT_ONCE = 512;

    /** Checks the numbers. */
    public ImageFolder {
        Require.positive("side", side);
        Require.that(channels == 1 || channels == 3, "channels", "1 or 3", channels);
        Require.positive("first", first);
    }

    /** All images of {@code folder}, in colour. */
    public static ImageFolder of(Path folder, int side) {
        return new ImageFolder(folder, side, 3, Integer.MAX_VALUE);
    }

    /** The same in grey. */
    public ImageFolder withGrey() {
        return new ImageFolder(folder, side, 1, first);
    }

    /** The same with the first {@code n} files only. */
    public ImageFolder withFirst(int n) {
        return new ImageFolder(folder, side, channels, n);
    }

    /** The files, in their order, without reading them. */
    public List<Path> files() {
        if (!Files.isDirectory(folder)) {
            throw unreadable("there is no folder " + folder.toAbsolutePath(), null);
        }
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> inside = all.filter(Files::isRegularFile).toList();
            List<Path> images = inside.stream()
                    .filter(file -> NAMES.matcher(file.getFileName().toString()).matches())
                    .sorted(Comparator.comparing(this::letters))
                    .limit(first)
                    .toList();
            if (images.isEmpty()) {
                throw unreadable(
                        folder.toAbsolutePath() + " must hold .png, .jpg or .jpeg files, got " + inside.size()
                                + " other files",
                        null);
            }
            return images;
        } catch (IOException e) {
            throw unreadable("cannot list " + folder.toAbsolutePath() + " (" + e + ")", e);
        }
    }

    /**
     * Reads the images, which have no labels.
     *
     * @param role what they are for
     * @param progress hears how many files are read
     * @throws UncheckedIOException if the folder is missing or empty, or a file cannot be read, naming it
     */
    public Images read(Images.Role role, Progress progress) {
        List<Path> files = files();
        byte[][] pixels = new byte[files.size()][];
        for (int start = 0; start < pixels.length; start += AT_ONCE) {
            if (Thread.currentThread().isInterrupted()) {
                throw unreadable(
                        "reading " + folder + " was interrupted after " + start + " of " + pixels.length + " files",
                        new InterruptedIOException());
            }
            int end = Math.min(pixels.length, start + AT_ONCE);
            IntStream.range(start, end).parallel().forEach(i -> pixels[i] = squared(files.get(i)));
            progress.report(end, pixels.length, "");
        }
        Path real = folder.toAbsolutePath().normalize();
        String name =
                Optional.ofNullable(real.getFileName()).map(Path::toString).orElse("folder");
        return Images.of(name, role, real, new Images.Form(channels, side, side), pixels, Optional.empty());
    }

    private String letters(Path file) {
        return folder.relativize(file).toString().replace('\\', '/');
    }

    private byte[] squared(Path file) {
        BufferedImage image;
        try {
            image = decoded(file);
        } catch (IOException | RuntimeException e) { // broken files end in many ways, such as an index out of bounds
            throw unreadable(file.toAbsolutePath() + " is not a sound image (" + e + "); replace or remove it", e);
        }
        if (image == null) {
            throw unreadable(file.toAbsolutePath() + " is neither PNG nor JPEG, whatever its name; remove it", null);
        }
        return Resized.square(image, side, channels);
    }

    /** As ImageIO reads it, but an error where it would fill up with grey what a JPEG lacks; null if none of its kinds. */
    private static BufferedImage decoded(Path file) throws IOException {
        try (ImageInputStream in = new FileImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                return null;
            }
            ImageReader reader = readers.next();
            try {
                List<String> warnings = new ArrayList<>();
                reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
                reader.setInput(in, true, true);
                BufferedImage image = reader.read(0);
                for (String warning : warnings) {
                    // data is missing, not only the marker of the end, which some programs leave out
                    if (warning.contains("premature end")) {
                        throw new IOException(warning);
                    }
                }
                return image;
            } finally {
                reader.dispose();
            }
        }
    }

    private static UncheckedIOException unreadable(String message, Exception cause) {
        return new UncheckedIOException(
                message, cause instanceof IOException io ? io : new IOException(message, cause));
    }

    @Override
    public String toString() {
        String colour = channels == 1 ? " in grey" : "";
        return String.format(Locale.ROOT, "ImageFolder[%s, %dx%d%s]", folder, side, side, colour);
    }
}
