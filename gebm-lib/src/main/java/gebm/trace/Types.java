package gebm.trace;

import ai.djl.ndarray.types.DataType;
import java.util.Map;

/** PyTorch's codes of element types. */
final class Types {
    private static final Map<DataType, Integer> CODES = Map.of(
            DataType.UINT8, 0,
            DataType.INT8, 1,
            DataType.INT32, 3,
            DataType.INT64, 4,
            DataType.FLOAT16, 5,
            DataType.FLOAT32, 6,
            DataType.FLOAT64, 7,
            DataType.COMPLEX64, 9,
            DataType.BOOLEAN, 11);

    private Types() {}

    static int code(DataType type) {
        Integer code = CODES.get(type);
        if (code == null) {
            throw new UnsupportedOperationException("arrays of type " + type + " cannot be recorded");
        }
        return code;
    }

    static DataType of(int code) {
        return CODES.entrySet().stream()
                .filter(entry -> entry.getValue() == code)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new UnsupportedOperationException("element type with code " + code));
    }
}
