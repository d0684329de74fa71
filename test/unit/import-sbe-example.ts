/** A schema of our own with every construct of SBE that the importer knows. */
export const EXAMPLE = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<sbe:messageSchema xmlns:sbe="http://fixprotocol.io/2016/sbe" package="Example.Market" id="77" version="3"
    semanticVersion="1.3" description="Example feed" byteOrder="bigEndian">
  <types>
    <composite name="messageHeader">
      <type name="blockLength" primitiveType="uint16"/>
      <type name="templateId" primitiveType="uint16"/>
      <type name="schemaId" primitiveType="uint16"/>
      <type name="version" primitiveType="uint16"/>
    </composite>
    <composite name="groupSizeEncoding">
      <type name="blockLength" primitiveType="uint16"/>
      <type name="numInGroup" primitiveType="uint8"/>
    </composite>
    <composite name="varData"><type name="length" primitiveType="uint16"/><type name="varData" primitiveType="uint8" length="0"/></composite>
    <composite name="varText"><type name="length" primitiveType="uint8"/><type name="varData" primitiveType="char" length="0" characterEncoding="ISO-8859-1"/></composite>
    <composite name="Price"><type name="mantissa" primitiveType="int64"/><type name="exponent" primitiveType="int8" presence="constant">-4</type></composite>
    <composite name="OptionalPrice"><type name="mantissa" primitiveType="int64" presence="optional" nullValue="9223372036854775807"/><type name="exponent" primitiveType="int8" presence="constant">-9</type></composite>
    <composite name="FloatingPrice"><type name="mantissa" primitiveType="int32"/><type name="exponent" primitiveType="int8"/></composite>
    <composite name="Time"><type name="time" primitiveType="uint64"/><type name="unit" primitiveType="uint8" presence="constant">9</type></composite>
    <composite name="MonthYear"><type name="year" primitiveType="uint16" presence="optional"/><type name="month" primitiveType="uint8" presence="optional"/><ref name="leg" type="Side" offset="4"/></composite>
    <type name="Symbol" primitiveType="char" length="6"/>
    <type name="Key" primitiveType="uint8" length="4"/>
    <type name="Levels" primitiveType="int16" length="3"/>
    <type name="OptionalQty" primitiveType="int32" presence="optional" nullValue="-1"/>
    <type name="Source" primitiveType="char" presence="constant">8</type>
    <type name="charNull" primitiveType="char" presence="optional"/>
    <enum name="Side" encodingType="char"><validValue name="Buy">1</validValue><validValue name="Sell">2</validValue></enum>
    <enum name="Status" encodingType="uint8"><validValue name="Open">1</validValue><validValue name="Closed">2</validValue></enum>
    <enum name="Reason" encodingType="charNull"><validValue name="New">N</validValue></enum>
    <set name="Flags" encodingType="uint16"><choice name="First">0</choice><choice name="Last">2</choice><choice name="Reserved">3</choice></set>
  </types>
  <sbe:message name="Order" id="1" description="An order" blockLength="96">
    <field name="OrderID" id="37" type="uint64"/>
    <field name="Price" id="44" type="Price"/>
    <field name="StopPx" id="99" type="OptionalPrice"/>
    <field name="AvgPx" id="6" type="FloatingPrice"/>
    <field name="TransactTime" id="60" type="Time"/>
    <field name="Side" id="54" type="Side"/>
    <field name="Status" id="39" type="Status" presence="optional"/>
    <field name="Reason" id="40" type="Reason"/>
    <field name="FixedStatus" id="41" type="Status" presence="constant" valueRef="Status.Open"/>
    <field name="Flags" id="42" type="Flags" offset="48"/>
    <field name="Symbol" id="55" type="Symbol"/>
    <field name="Key" id="56" type="Key"/>
    <field name="Levels" id="57" type="Levels"/>
    <field name="Maturity" id="58" type="MonthYear"/>
    <field name="Qty" id="38" type="OptionalQty"/>
    <field name="Source" id="22" type="Source"/>
    <field name="Ratio" id="23" type="double"/>
    <field name="SendingTime" id="52" type="uint64" timeUnit="nanosecond" sinceVersion="2"/>
    <group name="Legs" id="555">
      <field name="LegID" id="600" type="uint32"/>
      <group name="Fees" id="136"><field name="Amount" id="137" type="int32"/></group>
      <data name="LegText" id="601" type="varText"/>
    </group>
    <group name="Parties" id="453" dimensionType="groupSizeEncoding" sinceVersion="3"><field name="PartyID" id="448" type="Symbol"/></group>
    <data name="Memo" id="58" type="varData"/>
  </sbe:message>
  <sbe:message name="News" id="2" sinceVersion="1">
    <field name="Urgency" id="61" type="uint8"/>
    <data name="Headline" id="148" type="varText"/>
  </sbe:message>
  <sbe:message name="Heartbeat" id="3"/>
</sbe:messageSchema>`;
