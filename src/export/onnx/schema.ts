import protobuf from 'protobufjs/light.js';

// The part of ONNX' schema (onnx.proto of the versions below) that is written: message by message, with the numbers of
// the fields, which are all that a file holds of them: names are ours, without the `Proto` of onnx.proto. Enumerations
// are int32 here, which has the same bytes.

/**
 * Of the file format, and of the operators: ONNX 1.12, which ONNX Runtime reads since version 1.12. A runtime refuses
 * what is newer than itself. A scale for each channel (`axis` of `DequantizeLinear`) needs opset 13; the youngest
 * operator here, `Add`, has version 14.
 */
export const IR_VERSION = 8;
export const OPSET_VERSION = 17;

/** `TensorProto.DataType`. */
export const DATA_TYPE = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;
export type DataType = keyof typeof DATA_TYPE;

/** `AttributeProto.AttributeType`. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;

/**
 * onnx.proto is proto2, which writes each number of a repeated field by itself; protobufjs packs them unless `packed`
 * is false. Readers take both; this way the bytes are those of ONNX' own library.
 */
const field = (id: number, type: string, rule?: 'repeated') => ({ id, type, ...(rule && { rule }) });

const schema = protobuf.Root.fromJSON({
  nested: {
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        ints: { ...field(8, 'int64', 'repeated'), options: { packed: false } },
        type: field(20, 'int32'),
      },
    },
    Node: {
      fields: {
        input: field(1, 'string', 'repeated'),
        output: field(2, 'string', 'repeated'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: field(5, 'Attribute', 'repeated'),
      },
    },
    Tensor: {
      fields: {
        dims: { ...field(1, 'int64', 'repeated'), options: { packed: false } },
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    Dimension: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
    TensorShape: { fields: { dim: field(1, 'Dimension', 'repeated') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShape') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type'), docString: field(3, 'string') } },
    Graph: {
      fields: {
        node: field(1, 'Node', 'repeated'),
        name: field(2, 'string'),
        initializer: field(5, 'Tensor', 'repeated'),
        docString: field(10, 'string'),
        input: field(11, 'ValueInfo', 'repeated'),
        output: field(12, 'ValueInfo', 'repeated'),
      },
    },
    OperatorSetId: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    StringStringEntry: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        producerVersion: field(3, 'string'),
        docString: field(6, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: field(8, 'OperatorSetId', 'repeated'),
        metadataProps: field(14, 'StringStringEntry', 'repeated'),
      },
    },
  },
});

/** Of the message `Model`: the whole file. */
export const MODEL = schema.lookupType('Model');
