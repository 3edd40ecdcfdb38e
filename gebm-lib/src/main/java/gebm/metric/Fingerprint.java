package gebm.metric;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** Numbers in eight hexadecimal digits, to tell fitted features from each other. */
final class Fingerprint {
    private final CRC32 sum = new CRC32();

    Fingerprint with(ByteBuffer bytes) {
        sum.update(bytes);
        return this;
    }

    Fingerprint with(double[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length);
        bytes.asDoubleBuffer().put(numbers);
        return with(bytes);
    }

    @Override
    public String toString() {
        return String.format("%08x", sum.getValue());
    }
}
